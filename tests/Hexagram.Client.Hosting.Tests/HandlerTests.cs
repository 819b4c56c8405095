using System.Collections.Concurrent;
using System.Data.Common;
using Hexagram.Client.Tests.Scripted;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Client.Hosting.Tests;

/// <summary>Handlers that are classes of the application.</summary>
public sealed class HandlerTests : HostFixture
{
    [Fact]
    public async Task Each_message_has_a_handler_and_a_scope_of_its_own()
    {
        var seen = new Seen();
        await StartAsync(builder =>
        {
            builder.Services.AddSingleton(seen).AddScoped<PerMessage>();
            builder.Services.AddHexagramClient(Plain).AddHandler<Remembers>();
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        await ConfirmedAsync(server, 2);

        Assert.Equal(["1", "2"], seen.Texts);
        Assert.Equal(2, seen.Scopes.Distinct().Count());
        Assert.All(seen.Scopes, scope => Assert.True(scope.IsDisposed));
    }

    [Fact]
    public async Task A_handler_that_fails_gets_its_message_again_in_a_new_scope()
    {
        var seen = new Seen { Failures = 2 };
        await StartAsync(builder =>
        {
            builder.Services.AddSingleton(seen).AddScoped<PerMessage>();
            builder.Services.AddHexagramClient(Plain).AddHandler<Remembers>();
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        await ConfirmedAsync(server, 2);
        Assert.Equal(["1", "1", "1", "2"], seen.Texts);
        Assert.Equal(4, seen.Scopes.Distinct().Count());
    }

    [Fact]
    public async Task What_a_transactional_handler_writes_is_committed_with_its_message()
    {
        var seen = new Seen { Failures = 1 };
        await StartAsync(builder =>
        {
            builder.Services.AddSingleton(seen);
            builder.Services.AddHexagramClient(Plain).AddTransactionalHandler<Writes>();
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        await ConfirmedAsync(server, 2);
        Assert.Equal(["1", "1", "2"], seen.Texts);
        // The row of the run that failed was undone with it.
        Assert.Equal([0L, 0L, 1L], seen.RowsBefore);
    }

    [Fact]
    public void A_client_has_one_handler()
    {
        var builder = new ServiceCollection().AddHexagramClient(Plain).AddHandler<Remembers>();
        Assert.Throws<InvalidOperationException>(() => builder.AddTransactionalHandler<Writes>());
        Assert.NotNull(builder.Services.AddHexagramClient("alerts", Plain).AddHandler<Remembers>());
    }

    private static async Task ConfirmedAsync(ScriptedConnection server, long upTo)
    {
        while ((await server.ReadAsync<AckRequest>()).UpTo.Value < upTo)
        {
            // A confirmation of an earlier message.
        }
    }

    private sealed class Seen
    {
        internal ConcurrentQueue<string> Texts { get; } = new();

        internal ConcurrentQueue<PerMessage> Scopes { get; } = new();

        internal ConcurrentQueue<long> RowsBefore { get; } = new();

        internal int Failures { get; set; }

        internal void FailIfToldTo()
        {
            if (Failures-- > 0)
            {
                throw new InvalidOperationException("not yet");
            }
        }
    }

    private sealed class PerMessage : IDisposable
    {
        internal bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class Remembers(Seen seen, PerMessage scope) : IMessageHandler
    {
        public Task HandleAsync(Message message, CancellationToken cancellationToken)
        {
            seen.Texts.Enqueue(message.Text);
            seen.Scopes.Enqueue(scope);
            seen.FailIfToldTo();
            return Task.CompletedTask;
        }
    }

    private sealed class Writes(Seen seen) : ITransactionalMessageHandler
    {
        public async Task HandleAsync(Message message, DbTransaction transaction, CancellationToken cancellationToken)
        {
            await using var command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "CREATE TABLE IF NOT EXISTS notes (text TEXT); SELECT count(*) FROM notes";
            seen.RowsBefore.Enqueue((long)(await command.ExecuteScalarAsync(cancellationToken))!);
            command.CommandText = "INSERT INTO notes VALUES ('one more')";
            await command.ExecuteNonQueryAsync(cancellationToken);
            seen.Texts.Enqueue(message.Text);
            seen.FailIfToldTo();
        }
    }
}
