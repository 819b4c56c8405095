using Hexagram.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace Hexagram.Storage.Conformance;

/// <summary>A test with a store of its own, a clock of its own, and a few words to write tests in.</summary>
public abstract class StoreTest(IStorePlace place) : IAsyncLifetime
{
    /// <summary>No store needs this long for anything that a test asks; it only keeps a broken one from hanging the run.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected static readonly UserId Alice = new("alice");
    protected static readonly UserId Bob = new("bob");
    protected static readonly UserId Carol = new("carol");
    protected static readonly DeviceId Phone = new("phone");
    protected static readonly DeviceId Laptop = new("laptop");
    protected static readonly DeviceId Tablet = new("tablet");

    private IMailboxStore? _store;

    /// <summary>The open store.</summary>
    protected IMailboxStore Store => _store ?? throw new InvalidOperationException("The store is closed.");

    /// <summary>Where it lives.</summary>
    protected IStorePlace Place { get; } = place;

    /// <summary>The store's clock.</summary>
    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    /// <summary>What the store is opened with; to be set before the first use or a reopening.</summary>
    protected MailboxLimits Limits { get; set; } = new();

    /// <summary>What the store is opened with; to be set before the first use or a reopening.</summary>
    protected ForgettingPolicy Forgetting { get; set; } = new();

    /// <summary>The session that messages come by unless a test says otherwise.</summary>
    protected AppendLane Lane { get; } = new();

    public virtual async ValueTask InitializeAsync() => await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await Place.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens the store.</summary>
    protected async Task OpenAsync() => _store = await Place.OpenAsync(Limits, Forgetting, Clock);

    /// <summary>Closes the store.</summary>
    protected async Task CloseAsync()
    {
        if (_store is { } store)
        {
            _store = null;
            await store.DisposeAsync();
        }
    }

    /// <summary>Closes the store and opens it again with the present settings.</summary>
    protected async Task ReopenAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    /// <summary>A new message to Bob, from Alice unless said otherwise.</summary>
    protected AppendItem Message(string text = "hello", UserId? from = null, UserId? to = null, AppendLane? lane = null) =>
        new(to ?? Bob, from ?? Alice, MessageId.New(Clock.GetUtcNow()), text, lane ?? Lane);

    /// <summary>Appends one message.</summary>
    protected async Task<AppendResult> AppendAsync(AppendItem item) => await Store.AppendAsync(item).AsTask().WaitAsync(Patience);

    /// <summary>Appends messages so that they all come into one commit.</summary>
    protected async Task<AppendResult[]> AppendTogetherAsync(params IReadOnlyList<AppendItem> items)
    {
        Task<AppendResult>[] answers;
        using (var held = Place.HoldNextCommit())
        {
            // The first commit takes what is there at once; only what comes while it is being written gathers.
            var first = AppendAsync(Message(to: new UserId("somebody-else"), lane: new AppendLane()));
            await held.Arrived.WaitAsync(Patience);
            answers = [.. items.Select(AppendAsync)];
            Assert.All(answers, answer => Assert.False(answer.IsCompleted, "Nothing is answered before its commit."));
        }

        return await Task.WhenAll(answers);
    }

    /// <summary>Appends a number of new messages to Bob one after the other and returns them.</summary>
    protected async Task<List<AppendItem>> AppendManyAsync(int count, UserId? from = null, UserId? to = null)
    {
        var items = Enumerable.Range(1, count).Select(n => Message($"message {n}", from, to)).ToList();
        foreach (var result in await Task.WhenAll(items.Select(AppendAsync)))
        {
            Assert.Equal(AppendOutcome.New, result.Outcome);
        }

        return items;
    }

    /// <summary>A whole mailbox, read in one page.</summary>
    protected async Task<MailboxPage> ReadAllAsync(UserId? mailbox = null) =>
        await Store.ReadAsync(mailbox ?? Bob, Sequence.None, int.MaxValue, int.MaxValue, TestContext.Current.CancellationToken);

    /// <summary>A mailbox's position.</summary>
    protected async Task<MailboxPosition> PositionAsync(UserId? mailbox = null) =>
        (await Store.PositionsAsync([mailbox ?? Bob], TestContext.Current.CancellationToken))[0];

    /// <summary>Says Hello for a device of Bob's whose inbox is in the present epoch.</summary>
    protected Task<DeviceOpening> ResumeAsync(DeviceId device, long cursor, StreamStart start = StreamStart.Oldest) =>
        HelloAsync(device, Store.Epoch, cursor, start);

    /// <summary>Says Hello for a device of Bob's with an empty inbox.</summary>
    protected Task<DeviceOpening> BeginAsync(DeviceId device, StreamStart start = StreamStart.Oldest) =>
        HelloAsync(device, Epoch.None, 0, start);

    /// <summary>Says Hello for a device of Bob's.</summary>
    protected async Task<DeviceOpening> HelloAsync(DeviceId device, Epoch epoch, long cursor, StreamStart start = StreamStart.Oldest) =>
        await Store.OpenDeviceAsync(new DeviceHello(Bob, device, epoch, new Sequence(cursor), start)).AsTask().WaitAsync(Patience);

    /// <summary>Confirms for a device of Bob's in the present epoch.</summary>
    protected async Task<Confirmation> ConfirmAsync(DeviceId device, long upTo) =>
        await Store.ConfirmAsync(Bob, device, Store.Epoch, new Sequence(upTo)).AsTask().WaitAsync(Patience);

    /// <summary>A device of Bob's as the store has it.</summary>
    protected async Task<DevicePosition?> DeviceAsync(DeviceId device) =>
        (await Store.DevicesAsync(Bob, TestContext.Current.CancellationToken)).SingleOrDefault(position => position.Device == device);

    /// <summary>Where messages of Alice's to Bob stand.</summary>
    protected async Task<IReadOnlyList<MessageStatus>> StatusAsync(params IReadOnlyList<AppendItem> items) =>
        await Store.StatusAsync(Bob, Alice, [.. items.Select(item => item.Id)], TestContext.Current.CancellationToken);

    /// <summary>Forgets as of now.</summary>
    protected async Task<ForgetReport> ForgetAsync() => await Store.ForgetAsync(Clock.GetUtcNow(), TestContext.Current.CancellationToken);

    protected static MessageStatus IsDelivered(AppendItem item) => new(item.Id, MessageState.Delivered);

    protected static MessageStatus IsAccepted(AppendItem item) => new(item.Id, MessageState.Accepted);

    protected static MessageStatus IsUnknown(AppendItem item) => new(item.Id, MessageState.Waiting);

    protected static DeliveredMessage Delivers(AppendItem item, long sequence) => new(item.From, item.Id, new Sequence(sequence));
}
