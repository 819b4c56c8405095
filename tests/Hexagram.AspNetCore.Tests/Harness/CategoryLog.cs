using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Hexagram.AspNetCore.Tests.Harness;

/// <summary>Which categories an application's log has lines of.</summary>
internal sealed class CategoryLog : ILoggerProvider
{
    public ConcurrentQueue<string> Categories { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Line(categoryName, Categories);

    public void Dispose()
    {
        // It holds nothing.
    }

    private sealed class Line(string category, ConcurrentQueue<string> categories) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => categories.Enqueue(category);
    }
}
