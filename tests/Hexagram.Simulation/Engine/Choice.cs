using System.Globalization;
using Hexagram.Protocol;
using Hexagram.Simulation.Virtual;
using Hexagram.Storage;

namespace Hexagram.Simulation.Engine;

/// <summary>
/// One thing that a schedule has and another has not. A plan is a list of them, and each can be left out, which is how a schedule is
/// shrunk. Users, devices and nodes are numbers that wrap around, so a choice has a meaning whatever else is left out.
/// </summary>
internal abstract record Choice;

/// <summary>A choice about how things are from the beginning.</summary>
internal abstract record Setting : Choice
{
    internal abstract void Set(Settings settings);

    /// <summary>A second or third node, or a further one.</summary>
    internal sealed record AnotherNode : Setting
    {
        internal override void Set(Settings settings) => settings.Nodes++;

        public override string ToString() => "there is another node";
    }

    /// <summary>Beside the two users that there always are.</summary>
    internal sealed record AnotherUser : Setting
    {
        internal override void Set(Settings settings) => settings.Users++;

        public override string ToString() => "there is another user";
    }

    /// <summary>Beside the one device that every user has.</summary>
    internal sealed record AnotherDevice(int User, int Window, StreamStart Start) : Setting
    {
        internal override void Set(Settings settings) => settings.FurtherDevices.Add((User, Window, Start));

        public override string ToString() => $"user {User} has another device, which {(Window == 0 ? "only sends" : $"starts at the {Start}, window {Window}")}";
    }

    /// <summary>The window of first devices.</summary>
    internal sealed record NarrowWindow(int Entries, int Bytes) : Setting
    {
        internal override void Set(Settings settings) => (settings.Window, settings.WindowBytes) = (Entries, Bytes);

        public override string ToString() => $"windows hold {Entries} entries and {Bytes} bytes";
    }

    /// <summary>A mailbox is full soon.</summary>
    internal sealed record SmallMailboxes(int Unconfirmed, int OfOneSender) : Setting
    {
        internal override void Set(Settings settings) =>
            settings.Limits = settings.Limits with { UnconfirmedMax = Unconfirmed, UnconfirmedPerSenderMax = OfOneSender };

        public override string ToString() => $"mailboxes hold {Unconfirmed} unconfirmed entries, {OfOneSender} of one sender";
    }

    /// <summary>A user has few devices.</summary>
    internal sealed record FewDevices(int Max) : Setting
    {
        internal override void Set(Settings settings) => settings.Limits = settings.Limits with { DevicesPerUserMax = Max };

        public override string ToString() => $"a user may have {Max} devices";
    }

    /// <summary>The server forgets bodies sooner than ids, or later.</summary>
    internal sealed record KeepsEntries(int Days) : Setting
    {
        internal override void Set(Settings settings) => settings.Forgetting = settings.Forgetting with { Retention = TimeSpan.FromDays(Days) };

        public override string ToString() => $"confirmed entries are kept {Days} days";
    }

    /// <summary>Calls between nodes are lost.</summary>
    internal sealed record LosesHints(double Share) : Setting
    {
        internal override void Set(Settings settings) => settings.HintLoss = Share;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"of hints between nodes {Share:0%} are lost");
    }

    /// <summary>Packets take seconds now and then.</summary>
    internal sealed record SlowNetwork : Setting
    {
        internal override void Set(Settings settings) => settings.HasSlowNetwork = true;

        public override string ToString() => "the network is slow now and then";
    }

    /// <summary>Commits take seconds now and then.</summary>
    internal sealed record SlowDisk : Setting
    {
        internal override void Set(Settings settings) => settings.HasSlowDisk = true;

        public override string ToString() => "the server's disk stalls now and then";
    }

    /// <summary>Handlers take seconds now and then.</summary>
    internal sealed record SlowHandlers : Setting
    {
        internal override void Set(Settings settings) => settings.HasSlowHandlers = true;

        public override string ToString() => "handlers take seconds now and then";
    }

    /// <summary>Packets go through the codec.</summary>
    internal sealed record PacketsAsBytes : Setting
    {
        internal override void Set(Settings settings) => settings.CarriesBytes = true;

        public override string ToString() => "packets are carried as bytes";
    }

    /// <summary>A device's clock is wrong.</summary>
    internal sealed record WrongClock(int Device, int Days) : Setting
    {
        internal override void Set(Settings settings) => settings.ClockSkews[Device] = TimeSpan.FromDays(Days);

        public override string ToString() => $"the clock of device {Device} is {Days} days off";
    }
}

/// <summary>How a schedule's world is.</summary>
internal sealed class Settings
{
    internal int Nodes { get; set; } = 1;

    internal int Users { get; set; } = 2;

    internal List<(int User, int Window, StreamStart Start)> FurtherDevices { get; } = [];

    internal int Window { get; set; } = 4;

    internal int WindowBytes { get; set; } = 1_000;

    internal MailboxLimits Limits { get; set; } = new();

    internal ForgettingPolicy Forgetting { get; set; } = new();

    internal double HintLoss { get; set; }

    internal bool HasSlowNetwork { get; set; }

    internal bool HasSlowDisk { get; set; }

    internal bool HasSlowHandlers { get; set; }

    internal bool CarriesBytes { get; set; }

    internal Dictionary<int, TimeSpan> ClockSkews { get; } = [];

    internal DeviceHabits Habits(int device, int window, StreamStart start) =>
        new(window, WindowBytes, start, ClockSkews.GetValueOrDefault(device), HasSlowHandlers);
}
