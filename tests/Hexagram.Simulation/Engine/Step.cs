using System.Globalization;
using Hexagram.Protocol;

namespace Hexagram.Simulation.Engine;

/// <summary>Something that somebody does, or that befalls somebody, at a time.</summary>
internal abstract record Step(TimeSpan At) : Choice
{
    /// <summary>How long after <see cref="At"/> the trouble may last.</summary>
    internal virtual TimeSpan Lasts => TimeSpan.Zero;

    protected abstract string What { get; }

    internal abstract void Do(Stage stage);

    public sealed override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.TotalMilliseconds,7:0} ms: {What}");

    internal sealed record Send(TimeSpan At, int Device, int To, int Padding) : Step(At)
    {
        protected override string What => $"device {Device} sends to user {To}";

        internal override void Do(Stage stage) => stage.Device(Device).Send(stage.User(To), Padding);
    }

    internal sealed record Cancel(TimeSpan At, int Device) : Step(At)
    {
        protected override string What => $"device {Device} cancels its last message";

        internal override void Do(Stage stage) => stage.Device(Device).CancelOne();
    }

    internal sealed record Cut(TimeSpan At, int Device) : Step(At)
    {
        protected override string What => $"the connection of device {Device} is cut";

        internal override void Do(Stage stage) => stage.Device(Device).CutLink();
    }

    internal sealed record ConnectAnew(TimeSpan At, int Device, bool SwapsArrival) : Step(At)
    {
        protected override string What => $"device {Device} opens {(SwapsArrival ? "two connections, and the later arrives first" : "a connection beside the one it has")}";

        internal override void Do(Stage stage) => stage.Device(Device).ConnectAnew(SwapsArrival);
    }

    internal sealed record KillDevice(TimeSpan At, int Device, TimeSpan Down, bool WithItsMachine) : Step(At)
    {
        internal override TimeSpan Lasts => Down;

        protected override string What => $"device {Device} is {(WithItsMachine ? "without power" : "killed")} for {Down.TotalSeconds:0.0} s";

        internal override void Do(Stage stage)
        {
            var device = stage.Device(Device);
            device.Die(WithItsMachine);
            stage.World.After(Down, device.Start);
        }
    }

    internal sealed record Burn(TimeSpan At, int Device) : Step(At)
    {
        protected override string What => $"device {Device} is destroyed";

        internal override void Do(Stage stage) => stage.Device(Device).Burn();
    }

    internal sealed record NewDevice(TimeSpan At, int User, int Window, StreamStart Start) : Step(At)
    {
        protected override string What => $"user {User} gets a new device, which starts at the {Start}";

        internal override void Do(Stage stage)
        {
            stage.World.Tally.Count(Trouble.DeviceReplaced);
            stage.AddDevice(stage.User(User), Window, Start).Start();
        }
    }

    internal sealed record JumpClock(TimeSpan At, int Device, int Days) : Step(At)
    {
        protected override string What => $"the clock of device {Device} jumps by {Days} days";

        internal override void Do(Stage stage)
        {
            stage.World.Tally.Count(Trouble.ClockJumped);
            stage.Device(Device).Clock.Skew += TimeSpan.FromDays(Days);
        }
    }

    internal sealed record KillNode(TimeSpan At, int Node, TimeSpan Down, bool WithItsMachine) : Step(At)
    {
        internal override TimeSpan Lasts => Down;

        protected override string What => $"node {Node} is {(WithItsMachine ? "without power" : "killed")} for {Down.TotalSeconds:0.0} s";

        internal override void Do(Stage stage)
        {
            var node = stage.Node(Node);
            node.Die(WithItsMachine);
            stage.World.After(Down, node.Start);
        }
    }

    internal sealed record FreezeNode(TimeSpan At, int Node, TimeSpan Time) : Step(At)
    {
        internal override TimeSpan Lasts => Time;

        protected override string What => $"node {Node} is stopped for {Time.TotalSeconds:0.0} s";

        internal override void Do(Stage stage) => stage.Node(Node).Freeze(Time);
    }

    internal sealed record LosePower(TimeSpan At) : Step(At)
    {
        protected override string What => "the servers and the store are without power";

        internal override void Do(Stage stage)
        {
            stage.StopServers(withTheirMachines: true);
            stage.Store.LosePower();
            stage.StartServersSoon();
        }
    }

    internal sealed record FailSync(TimeSpan At) : Step(At)
    {
        protected override string What => "the next sync fails";

        internal override void Do(Stage stage) => stage.Store.SyncFails = true;
    }

    internal sealed record Backup(TimeSpan At) : Step(At)
    {
        protected override string What => "the store is backed up";

        internal override void Do(Stage stage) => stage.Store.Backup();
    }

    internal sealed record Restore(TimeSpan At) : Step(At)
    {
        protected override string What => "the store is restored from the last backup";

        internal override void Do(Stage stage)
        {
            stage.StopServers(withTheirMachines: false);
            stage.Store.Restore();
            stage.StartServersSoon();
        }
    }

    internal sealed record Lose(TimeSpan At, Loss Loss, int Spared) : Step(At)
    {
        protected override string What => $"from here on: {Loss}, once{(Spared > 0 ? $", after {Spared} that went well" : "")}";

        internal override void Do(Stage stage) => stage.World.Losses.Arm(Loss, Spared);
    }

    internal sealed record Forget(TimeSpan At) : Step(At)
    {
        protected override string What => "the store forgets what it may";

        internal override void Do(Stage stage) => stage.Store.Forget();
    }

    /// <summary>Everything is switched off, and so it stays for long; one device stays away longer than the rest.</summary>
    internal sealed record Months(TimeSpan At, int Days, int Away, TimeSpan AwayLonger) : Step(At)
    {
        internal override TimeSpan Lasts => AwayLonger;

        protected override string What => $"all is switched off for {Days} days, and {AwayLonger.TotalSeconds:0.0} s longer device {Away}";

        internal override void Do(Stage stage) => stage.SwitchOff(TimeSpan.FromDays(Days), stage.Device(Away), AwayLonger);
    }

    /// <summary>Nobody writes for long, and connections stay up.</summary>
    internal sealed record QuietMonths(TimeSpan At, int Days) : Step(At)
    {
        protected override string What => $"{Days} quiet days pass";

        internal override void Do(Stage stage) => stage.PassTime(TimeSpan.FromDays(Days));
    }
}
