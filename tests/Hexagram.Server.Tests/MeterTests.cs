using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Hexagram.Protocol;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Tests;

/// <summary>What a server counts, as whoever listens reads it.</summary>
public sealed class MeterTests
{
    [Fact]
    public async Task Every_line_of_a_message_is_counted()
    {
        await using var server = await TestServer.StartAsync(store: store => store with { Limits = store.Limits with { UnconfirmedMax = 1 } });
        using var count = new Count(server);
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "hello");

        await TestServer.AcceptAsync(alice, request);
        await bob.ReceiveAsync<MessageNotify>();
        await TestServer.AcceptAsync(alice, request);
        await bob.ReceiveAsync<MessageNotify>();
        await alice.SendAsync(request with { Body = "good-bye" });
        await alice.ReceiveAsync<Error>();
        await alice.SendAsync(server.Message("bob", "more"));
        await alice.ReceiveAsync<Error>();
        await server.ConfirmAsync(bob, 1);
        await alice.ReceiveAsync<AckNotify>();
        await TestServer.AcceptAsync(alice, server.Message("carol", "hi"));
        await alice.ReceiveAsync<AckNotify>();
        await server.Services.GetRequiredService<IHexagram>().SendAsync("system", "dave", "hi");
        await alice.SendAsync(server.Hello("alice"));
        await alice.ReceiveGoodbyeAsync(ErrorCode.ProtocolViolation);
        await server.WhenSessionsAsync(1);

        Assert.Equal(3, count.Of("hexagram.server.requests", "accepted"));
        Assert.Equal(1, count.Of("hexagram.server.requests", "duplicate"));
        Assert.Equal(1, count.Of("hexagram.server.requests", "refused", "Conflict"));
        Assert.Equal(1, count.Of("hexagram.server.requests", "retry_later", "MailboxFull"));
        Assert.Equal(9, count.Of("hexagram.server.accepted.size"));
        Assert.Equal(2, count.Of("hexagram.server.notifications"));
        Assert.Equal(10, count.Of("hexagram.server.notified.size"));
        Assert.Equal(1, count.Of("hexagram.server.delivered"));
        Assert.Equal(1, count.Of("hexagram.server.goodbyes", "ProtocolViolation"));
        Assert.Equal(1, count.Of("hexagram.server.connections"));
        Assert.InRange(count.Of("hexagram.server.stored"), 1, 2);
    }

    /// <summary>Adds up what the meter of one server says.</summary>
    private sealed class Count : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentDictionary<string, long> _sums = new();

        public Count(TestServer server)
        {
            var ours = server.Services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Hexagram.Server" && instrument.Meter.Scope == ours)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => _sums[instrument.Name] = value);
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            {
                var name = instrument.Name;
                foreach (var (_, tag) in tags)
                {
                    name += $" {tag}";
                }

                _sums.AddOrUpdate(name, value, (_, sum) => sum + value);
            });
            _listener.Start();
        }

        public long Of(params string[] name)
        {
            _listener.RecordObservableInstruments();
            return _sums.GetValueOrDefault(string.Join(' ', name));
        }

        public void Dispose() => _listener.Dispose();
    }
}
