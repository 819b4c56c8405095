using Hexagram.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace Hexagram.Storage.Conformance.Model;

/// <summary>The store that a comparison works on: opened, closed and opened again, and the epochs it has had.</summary>
internal sealed class ComparedStore(IStorePlace place, MailboxLimits limits, ForgettingPolicy forgetting) : IAsyncDisposable
{
    private IMailboxStore? _store;

    internal FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    internal List<Epoch> Epochs { get; } = [];

    internal IMailboxStore Store => _store ?? throw new InvalidOperationException("The store is closed.");

    internal async Task OpenAsync()
    {
        _store = await place.OpenAsync(limits, forgetting, Clock);
        Epochs.Add(_store.Epoch);
    }

    internal async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        _store = await place.OpenAsync(limits, forgetting, Clock);
        Assert.Equal(Epochs[^1], _store.Epoch);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        await place.DisposeAsync();
    }
}
