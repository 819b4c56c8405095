using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Server.Gateway;
using Hexagram.Server.Gateway.Output;
using Hexagram.Server.Options;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Tests;

/// <summary>The count of connections, when many come and go in the same moment.</summary>
public sealed class RegistryTests
{
    [Fact]
    public async Task Of_two_that_arrive_at_the_last_place_one_gets_it()
    {
        await using var server = await TestServer.StartAsync();
        var bounds = new SessionBounds { SessionsMax = 1 };
        for (var round = 0; round < 2_000; round++)
        {
            var registry = new SessionRegistry();
            var sessions = Sessions(server, 2);

            await TogetherAsync(2, n => registry.Add(sessions[n], bounds));

            Assert.Single(sessions, session => !session.IsTurnedAway);
        }
    }

    [Fact]
    public async Task Those_who_are_turned_away_and_leave_in_the_same_moment_leave_nothing_behind()
    {
        await using var server = await TestServer.StartAsync();
        var bounds = new SessionBounds { SessionsMax = 50, WithoutHelloMax = 2 };
        var registry = new SessionRegistry();

        await TogetherAsync(4, worker =>
        {
            for (var round = 0; round < 5_000; round++)
            {
                var session = Sessions(server, 1)[0];
                registry.Add(session, bounds);
                if (round % 3 == 0)
                {
                    registry.HelloCame(session);
                }

                registry.Remove(session);
            }
        });

        Assert.Equal(0, registry.Count);
        Assert.Empty(registry.Sessions);
        foreach (var session in Sessions(server, bounds.SessionsMax))
        {
            registry.Add(session, bounds);
            registry.HelloCame(session);
            Assert.False(session.IsTurnedAway);
        }

        // It can read why: so nobody counts as turned away who has left.
        foreach (var session in Sessions(server, bounds.WithoutHelloMax))
        {
            registry.Add(session, bounds);
            Assert.True(session.IsTurnedAway);
            Assert.False(session.Gone.IsCancellationRequested);
        }
    }

    private static Task TogetherAsync(int count, Action<int> act)
    {
        var barrier = new Barrier(count);
        return Task.WhenAll(Enumerable.Range(0, count).Select(n => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait(RawClient.Patience);
                act(n);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))).WaitAsync(RawClient.Patience);
    }

    private static Session[] Sessions(TestServer server, int count)
    {
        var surroundings = server.Services.GetRequiredService<SessionSurroundings>();
        return [.. Enumerable.Range(0, count).Select(_ => new Session(surroundings, new NoTransport()))];
    }

    /// <summary>To nobody.</summary>
    private sealed class NoTransport : ISessionTransport
    {
        public string Peer => "nobody";

        public PacketReadOutcome TryRead(int packetBytesMax, out PacketReadResult result)
        {
            result = default;
            return PacketReadOutcome.Incomplete;
        }

        public ValueTask<bool> WaitToReadAsync() => new(false);

        public void StopReading()
        {
            // Nobody reads.
        }

        public void Encode(Packet packet, OutgoingBuffer output) => PacketCodec.Write(packet, output);

        public ValueTask<bool> SendAsync(ReadOnlyMemory<byte> encoded, Action progressed) => new(true);

        public ValueTask CloseAsync(TimeSpan linger) => default;

        public void Abort()
        {
            // Nobody is there.
        }
    }
}
