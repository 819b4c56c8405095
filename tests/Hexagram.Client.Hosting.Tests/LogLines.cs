using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Hexagram.Client.Hosting.Tests;

/// <summary>Keeps what is logged, with its category.</summary>
internal sealed class LogLines : ILoggerProvider
{
    internal ConcurrentQueue<(string Category, string Text)> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Category(categoryName, Lines);

    public void Dispose()
    {
    }

    private sealed class Category(string name, ConcurrentQueue<(string Category, string Text)> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue((name, formatter(state, exception)));
    }
}
