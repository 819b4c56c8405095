using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Tests.Harness;

/// <summary>Keeps every line of the log with its exception.</summary>
internal sealed class LogCollector : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = new();

    public IReadOnlyCollection<LogLine> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, ConcurrentQueue<LogLine> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(new LogLine(category, logLevel, eventId, $"{formatter(state, exception)} {exception}"));
    }
}

/// <summary>One line of the log.</summary>
internal sealed record LogLine(string Category, LogLevel Level, EventId Id, string Text);
