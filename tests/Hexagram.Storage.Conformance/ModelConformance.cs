using CsCheck;
using Hexagram.Storage.Conformance.Model;

namespace Hexagram.Storage.Conformance;

/// <summary>
/// Random histories done to a store and to a plain model of the contract: every answer and all that can be seen must be the same.
/// Implementations inherit this test.
/// </summary>
/// <param name="newPlace">Makes a place.</param>
/// <param name="histories">How many histories a short run does: fewer where each step is a journey.</param>
public abstract class ModelConformance(Func<IStorePlace> newPlace, int histories = 300)
{
    private const int StepsMax = 60;
    private const int HistoriesPerStore = 20;

    private static readonly MailboxLimits Limits = new()
    {
        UnconfirmedMax = 8,
        UnconfirmedPerSenderMax = 4,
        DevicesPerUserMax = 2,
        NewMailboxesPerSenderPerDay = 1,
    };

    // Histories are some weeks long; so the terms are some days.
    private static readonly ForgettingPolicy Forgetting = new()
    {
        Retention = TimeSpan.FromDays(3),
        Horizon = TimeSpan.FromDays(5),
        DeviceUnseen = TimeSpan.FromDays(4),
    };

    [Fact]
    public async Task Random_histories_look_the_same_in_the_store_and_in_the_model()
    {
        ComparedStore? store = null;
        var number = 0;
        try
        {
            await Step.Any.List[1, StepsMax].SampleAsync(
                async steps =>
                {
                    // Each history has users of its own, so some can share a store; too many would make forgetting slow.
                    if (number++ % HistoriesPerStore == 0)
                    {
                        await (store?.DisposeAsync() ?? ValueTask.CompletedTask);
                        store = new ComparedStore(newPlace(), Limits, Forgetting);
                        await store.OpenAsync();
                    }

                    await new Comparison(store!, Limits, Forgetting, number).RunAsync(steps);
                },
                iter: Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1" ? 10_000 : histories,
                threads: 1,
                print: steps => string.Join(Environment.NewLine, steps));
        }
        finally
        {
            await (store?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }
}
