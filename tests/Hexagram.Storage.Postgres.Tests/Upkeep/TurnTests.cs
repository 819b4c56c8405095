namespace Hexagram.Storage.Postgres.Tests.Upkeep;

/// <summary>Of several servers one forgets for all.</summary>
public sealed class TurnTests : StoreTest
{
    private static readonly DateTimeOffset LongAfter = TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(200);

    [Fact]
    public async Task Server_that_asks_while_another_forgets_has_nothing_to_do()
    {
        var arrived = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var isHeld = false;
        var options = await FilledAsync();
        var seams = new StoreSeams
        {
            BeforeWriting = () =>
            {
                if (!Volatile.Read(ref isHeld))
                {
                    return Task.CompletedTask;
                }

                arrived.TrySetResult();
                return goOn.Task;
            },
        };
        await using var first = await PostgresMailboxStore.OpenAsync(options, TimeProvider.System, seams);
        await using var second = await OpenAsync(options);

        Volatile.Write(ref isHeld, true);
        var forgetting = first.ForgetAsync(LongAfter, Token).AsTask();
        await arrived.Task.WaitAsync(Patience);
        var meanwhile = await second.ForgetAsync(LongAfter, Token);
        Volatile.Write(ref isHeld, false);
        goOn.SetResult();

        Assert.Equal(default, meanwhile);
        Assert.Equal(5, (await forgetting.WaitAsync(Patience)).Entries);
    }

    [Fact]
    public async Task Servers_together_forget_as_often_as_one_would()
    {
        var options = await FilledAsync() with { ForgetEvery = TimeSpan.FromHours(1) };
        await using var first = await OpenAsync(options);
        await using var second = await OpenAsync(options);

        Assert.Equal(5, (await first.ForgetAsync(LongAfter, Token)).Entries);
        await FillAsync(second);
        Assert.Equal(default, await second.ForgetAsync(LongAfter, Token));
        Assert.Equal(default, await first.ForgetAsync(LongAfter, Token));

        // An hour later it is due again, whoever asks first.
        await AskAsync(options.ConnectionString, $"UPDATE {options.Schema}.turns SET began_at = began_at - interval '55 minutes'");
        Assert.Equal(5, (await second.ForgetAsync(LongAfter, Token)).Entries);
        Assert.Equal(default, await first.ForgetAsync(LongAfter, Token));
    }

    [Fact]
    public async Task Who_died_while_it_forgot_holds_the_others_up_for_a_minute_and_who_was_stopped_not_at_all()
    {
        var options = await FilledAsync() with { ForgetEvery = TimeSpan.FromHours(1) };
        await using var first = await OpenAsync(options);
        await using var second = await OpenAsync(options);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first.ForgetAsync(LongAfter, new CancellationToken(canceled: true)));

        Assert.Equal(5, (await second.ForgetAsync(LongAfter, Token)).Entries);
        await FillAsync(first);

        // As a server leaves it that is killed: begun long ago, by its last word held for some seconds more.
        await AskAsync(options.ConnectionString, $"UPDATE {options.Schema}.turns SET began_at = began_at - interval '2 hours', held_until = clock_timestamp() + interval '50 seconds'");
        Assert.Equal(default, await first.ForgetAsync(LongAfter, Token));
        await AskAsync(options.ConnectionString, $"UPDATE {options.Schema}.turns SET held_until = clock_timestamp()");
        Assert.Equal(5, (await first.ForgetAsync(LongAfter, Token)).Entries);
    }

    /// <summary>A store with five entries that may be forgotten long after.</summary>
    private static async Task<PostgresStoreOptions> FilledAsync()
    {
        var options = Options((await SharedServer.StartedAsync()).ConnectionString());
        await using var store = await OpenAsync(options);
        await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
        await FillAsync(store);
        return options;
    }

    private static async Task FillAsync(PostgresMailboxStore store)
    {
        var last = Sequence.None;
        for (var n = 0; n < 5; n++)
        {
            last = (await store.AppendAsync(Message(Alice, Bob))).Sequence;
        }

        await store.ConfirmAsync(Bob, Phone, store.Epoch, last);
    }
}
