using Hexagram.EndToEnd.Faults.Actors;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd.Faults;

/// <summary>The server's disk does not sync, is full, or nearly so. Whatever was called accepted is there afterwards, and the rest arrives once there is room.</summary>
public sealed class DiskFaultTests
{
    private const int FileBytesMax = 4 << 20;

    /// <summary>
    /// The sync fails at the seam of the store, in a server of the test's own: a real disk cannot be told to fail at one sync, and a
    /// library between process and kernel would test that library.
    /// </summary>
    [Fact]
    public async Task A_server_whose_sync_fails_accepts_nothing_more_and_after_a_restart_everything_arrives()
    {
        await using var world = new World(Transport.Any);
        await world.HostAsync();
        var (alice, bob) = (await world.AddAsync("alice"), await world.AddAsync("bob"));
        await alice.DeliverAsync(bob);
        await world.HaveServerAsync("fail");
        await alice.SendAsync(bob, 20);
        await alice.WhenAsync(said => said.Any(one => one is { Word: Spoken.Packet, Details: ["Received", "Goodbye", "StoreUnavailable"] }));
        Assert.Equal(1, Accepted(alice));

        await world.Server.KillAsync();
        await world.ServeAgainAsync();
        await world.EndAndJudgeAsync();
        Assert.Equal(21, Ledger.Read(bob.Folder).Count);
    }

    [Fact]
    public async Task While_the_disk_is_nearly_full_messages_wait_at_their_sender_and_then_arrive_in_order()
    {
        await using var world = new World(Transport.Any);
        await world.HostAsync();
        var (alice, bob) = (await world.AddAsync("alice"), await world.AddAsync("bob"));
        await alice.DeliverAsync(bob);
        await world.HaveServerAsync("free 0");

        // The store looks at its disk once a second.
        for (var sent = 2; !IsRefusing(); sent++)
        {
            await alice.SendAsync(bob, 1);
            await alice.WhenAsync(() => IsRefusing() || Accepted(alice) >= sent);
        }

        await alice.SendAsync(bob, 20);
        await world.HaveServerAsync($"free {long.MaxValue}");
        await world.EndAndJudgeAsync();

        bool IsRefusing() => alice.Said.Any(one => one is { Word: Spoken.Packet, Details: ["Received", "Error", "DiskReserve"] });
    }

    /// <summary>The real program, none of whose files may grow beyond a limit: the kernel refuses the write, as it does on a full disk.</summary>
    [Fact]
    public async Task A_server_whose_log_cannot_grow_accepts_nothing_more_and_with_room_everything_arrives()
    {
        await using var world = new World(Transport.Any);
        // The runtime maps its own code through a file, which the limit would strike first.
        world.Stage.With("DOTNET_EnableWriteXorExecute", "0");
        await world.ServeAsync(() => world.Stage.ServeAsync(
            "/bin/sh", ["-c", $"trap '' XFSZ; ulimit -f {FileBytesMax / 512}; exec \"$0\" \"$@\"", RunningProgram.Hexagram(), "serve"]));
        await FillAsync(world);
        await world.ServeAsync();
        await world.EndAndJudgeAsync();
    }

    /// <summary>A disk of memory that really runs full, and is then freed. Only root can make one; it is made with <c>HEXAGRAM_LONG=1</c>.</summary>
    [Fact]
    public async Task A_server_whose_disk_runs_full_loses_nothing_that_it_had_accepted()
    {
        if (Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is not "1")
        {
            return;
        }

        Assert.True(Environment.IsPrivilegedProcess, "With HEXAGRAM_LONG=1 this test mounts a small disk, and only root can do that. Run it as root.");
        await using var world = new World(Transport.Any);
        Directory.CreateDirectory(world.Stage.DataFolder);
        await MountAsync(world, "-t", "tmpfs", "-o", "size=24m", "tmpfs");
        try
        {
            world.Stage.With("HEXAGRAM__STORE__DISKRESERVEBYTES", "0");
            await world.ServeAsync();
            await FillAsync(world);
            await MountAsync(world, "-o", "remount,size=400m");
            await world.ServeAsync();
            await world.EndAndJudgeAsync();
        }
        finally
        {
            if (world.Server.IsAlive)
            {
                await world.Server.KillAsync();
            }

            Assert.Equal(0, await world.Stage.Run("umount", [world.Stage.DataFolder]).EndAsync());
        }
    }

    /// <summary>Sends until the store has failed, and then ends the server.</summary>
    private static async Task FillAsync(World world)
    {
        var (alice, bob) = (await world.AddAsync("alice"), await world.AddAsync("bob"));
        await alice.DeliverAsync(bob);
        for (var batch = 0; !Failed(alice); batch++)
        {
            Assert.InRange(batch, 0, 100);
            var sent = alice.Count(Spoken.Sent) + 20;
            await alice.SendAsync(bob, 20, padding: 50_000);
            await alice.WhenAsync(() => alice.Count(Spoken.Sent) >= sent);
            await alice.WhenAsync(() => Failed(alice) || Accepted(alice) >= sent);
        }

        await world.Server.KillAsync();

        static bool Failed(Application application) =>
            application.Said.Any(one => one is { Word: Spoken.Packet, Details: ["Received", "Goodbye", "StoreUnavailable"] });
    }

    private static int Accepted(Application application) => application.Said.Count(one => one is { Word: Spoken.Told, Details: [_, "Accepted"] });

    private static async Task MountAsync(World world, params string[] words) =>
        Assert.Equal(0, await world.Stage.Run("mount", [.. words, world.Stage.DataFolder]).EndAsync());
}
