using Hexagram.Storage.RocksDb.Commits;

namespace Hexagram.Storage.RocksDb.Tests.Commits;

/// <summary>How an answer comes to whoever asked.</summary>
public sealed class WorkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_answer_can_be_taken_at_once_and_continues_its_asker_only_when_woken()
    {
        var (question, answer) = Ask(7);
        var continued = new TaskCompletionSource();
        answer.GetAwaiter().UnsafeOnCompleted(continued.SetResult);

        var waiter = question.Answer();

        Assert.True(answer.IsCompletedSuccessfully);
        Assert.NotNull(waiter.Continuation);
        Assert.False(continued.Task.IsCompleted);
        waiter.Wake();
        await continued.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(7, await answer);
    }

    [Fact]
    public async Task Who_asks_after_the_answer_need_not_be_woken()
    {
        var (question, answer) = Ask(7);

        Assert.Null(question.Answer().Continuation);

        Assert.Equal(7, await answer);
        Assert.Equal(7, Assert.Single(question.Recycled));
    }

    [Fact]
    public async Task A_fault_is_thrown_to_the_asker_and_the_object_serves_again()
    {
        var (question, answer) = Ask(7);
        var asking = answer.AsTask();
        question.Fail(new StoreUnavailableException("gone")).Wake();

        Assert.Equal("gone", (await Assert.ThrowsAsync<StoreUnavailableException>(() => asking.WaitAsync(Patience))).Message);
        question.Value = 8;
        var again = question.Task;
        question.Decide(null!);
        question.Answer().Wake();
        Assert.Equal(8, await again);
    }

    [Fact]
    public async Task An_answer_is_taken_once()
    {
        var (question, answer) = Ask(7);
        question.Answer().Wake();
        _ = await answer;

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await answer);
    }

    [Fact]
    public async Task Who_asks_in_a_context_is_continued_in_it()
    {
        var (question, answer) = Ask(7);
        var context = new PostedContext();
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        answer.GetAwaiter().OnCompleted(context.Ran.SetResult);
        SynchronizationContext.SetSynchronizationContext(before);

        question.Answer().Wake();

        await context.Ran.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(1, context.Posts);
        Assert.Equal(7, await answer);
    }

    private static (Question Question, ValueTask<int> Answer) Ask(int value)
    {
        var question = new Question { Value = value };
        var answer = question.Task;
        question.Decide(null!);
        return (question, answer);
    }

    private sealed class Question : Work<int>
    {
        public int Value { get; set; }

        public List<int> Recycled { get; } = [];

        internal override void Decide(Commit commit) => Result = Value;

        protected override void Recycle() => Recycled.Add(Value);
    }

    private sealed class PostedContext : SynchronizationContext
    {
        public TaskCompletionSource Ran { get; } = new();

        public int Posts { get; private set; }

        public override void Post(SendOrPostCallback d, object? state)
        {
            Posts++;
            d(state);
        }
    }
}
