using Hexagram.Chaos.Proxy;
using Hexagram.Cli.Output;
using Hexagram.Protocol;

namespace Hexagram.Cli.Demonstrating;

/// <summary>
/// One run of <c>demo</c>: one message slowly, then many while packets are lost and the server is killed, then the count. It needs nothing and leaves nothing.
/// </summary>
internal static class DemoRun
{
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan SendEvery = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan LoseEvery = TimeSpan.FromMilliseconds(350);
    private static readonly TimeSpan StrikeMax = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly UserId Alice = new("alice");
    private static readonly UserId Bob = new("bob");

    /// <summary>How often every packet is lost once and the server killed once.</summary>
    private const int Rounds = 2;

    /// <summary>Runs it, shows it, and says what was counted.</summary>
    /// <exception cref="CommandFailure">It cannot run here.</exception>
    public static async Task<ExitCode> RunAsync(Screen screen, Surroundings surroundings)
    {
        try
        {
            await using var stage = new DemoStage(surroundings);
            var watched = new WatchedMessage(Alice, Bob);
            var scene = new DemoScene(watched, stage.Ledger, surroundings.Time);
            watched.Lit = scene.Lit;
            await PlayAndShowAsync(stage, scene, screen, surroundings);
            var count = stage.Ledger.Count();
            DemoShow.Conclude(scene, count, screen);
            return count.HoldsAll ? ExitCode.Success : ExitCode.Failure;
        }
        catch (OperationCanceledException) when (surroundings.Stop.IsCancellationRequested)
        {
            screen.Note("The demo was stopped before its end. Nothing is left of it.");
            return ExitCode.Failure;
        }
        catch (InvalidOperationException fault)
        {
            throw new CommandFailure($"The demo cannot go on: {fault.Message}", cause: fault);
        }
    }

    /// <summary>Whichever of the two fails ends the other.</summary>
    private static async Task PlayAndShowAsync(DemoStage stage, DemoScene scene, Screen screen, Surroundings surroundings)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(surroundings.Stop);
        var playing = PlayAsync(stage, scene, surroundings with { Stop = stop.Token });
        try
        {
            await DemoShow.ShowAsync(scene, playing, screen, surroundings.Time);
        }
        catch (IOException)
        {
            // Nobody sees it any more; what it runs on is needed until it has noticed.
            await stop.CancelAsync();
            await Task.WhenAny(playing);
            throw;
        }

        await playing;
    }

    private static async Task PlayAsync(DemoStage stage, DemoScene scene, Surroundings surroundings)
    {
        try
        {
            await PlayActsAsync(stage, scene, surroundings);
        }
        finally
        {
            scene.End();
        }
    }

    private static async Task PlayActsAsync(DemoStage stage, DemoScene scene, Surroundings surroundings)
    {
        var stop = surroundings.Stop;
        scene.Begin("A server starts: a process of its own, in a fresh folder.");
        await stage.StartServerAsync();
        stop.ThrowIfCancellationRequested();
        scene.Begin("Alice and Bob connect.");
        await stage.EnterAsync(Alice.Value, scene.Watched.Heard);
        await stage.EnterAsync(Bob.Value, scene.Watched.Heard);

        scene.Begin("Alice writes \"你好\" to Bob; packets are slowed down, to be seen.");
        stage.Slow(Latency);
        await stage.People[0].SendAsync(Bob, "你好", stop);
        await scene.Watched.Complete.WaitAsync(stop);
        stage.SlowNoMore();

        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task[] writing = [WriteAsync(stage.People[0], Bob, surroundings, quiet.Token), WriteAsync(stage.People[1], Alice, surroundings, quiet.Token)];
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                await LoseAllAsync(stage, scene, surroundings);
                scene.Begin("Both go on writing; the server is killed (SIGKILL), and started.");
                scene.Kill(stage.ServerId);
                await stage.KillServerAsync();
                await Task.Delay(LoseEvery, surroundings.Time, stop);
            }
        }
        finally
        {
            await quiet.CancelAsync();
            await Task.WhenAll(writing);
        }

        scene.Begin("No more trouble: what is under way arrives.");
        await SettleAsync(stage, surroundings);
        scene.Begin("Counted where it was sent, handled, and told to be delivered:");
    }

    /// <summary>Loses each of the six packets once.</summary>
    private static async Task LoseAllAsync(DemoStage stage, DemoScene scene, Surroundings surroundings)
    {
        scene.Begin("Both write; each kind of packet is lost, with its connection.");
        for (var kind = PacketKind.MessageRequest; kind <= PacketKind.AckNotify; kind++)
        {
            await Task.Delay(LoseEvery, surroundings.Time, surroundings.Stop);
            var loss = stage.Lose(kind);
            try
            {
                await loss.Struck.WaitAsync(StrikeMax, surroundings.Time, surroundings.Stop);
                scene.Lose(kind);
            }
            catch (TimeoutException) when (loss.Withdraw())
            {
                // None passed in that time, on a machine that is busy: then none was lost, and none is counted.
                continue;
            }
        }
    }

    private static async Task WriteAsync(DemoPerson person, UserId to, Surroundings surroundings, CancellationToken quiet)
    {
        using var timer = new PeriodicTimer(SendEvery, surroundings.Time);
        try
        {
            for (var number = 1; await timer.WaitForNextTickAsync(quiet); number++)
            {
                await person.SendAsync(to, FormattableString.Invariant($"message {number}"), CancellationToken.None);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough was written.
        }
    }

    private static async Task SettleAsync(DemoStage stage, Surroundings surroundings)
    {
        var begun = surroundings.Time.GetTimestamp();
        while (!stage.Ledger.Count().IsComplete && surroundings.Time.GetElapsedTime(begun) < SettleMax)
        {
            await Task.Delay(LookEvery, surroundings.Time, surroundings.Stop);
        }
    }
}
