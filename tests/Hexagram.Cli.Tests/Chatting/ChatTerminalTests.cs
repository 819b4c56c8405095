using System.Diagnostics;
using System.Text;

namespace Hexagram.Cli.Tests.Chatting;

/// <summary>A chat on a real terminal: the program itself behind a pseudo-terminal (util-linux's <c>script</c>), beside a real server.</summary>
public sealed class ChatTerminalTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "hexagram");
    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-terminal-").FullName;
    private Screen _server = null!;
    private string _address = "";

    public async ValueTask InitializeAsync()
    {
        _server = Screen.Of(Program, ["serve", "--data", _folder, "--tcp", "127.0.0.1:0", "--http", "none"]);
        var ready = await _server.WhenAsync("Ready: ", "\n");
        _address = ready.Split("Ready: ")[1].Split(',')[0];
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_is_typed_is_sent_shows_that_it_is_delivered_and_stays_when_the_chat_is_left()
    {
        await using var bob = Screen.Of(Program, Words("chat", "--as", "bob", "--to", "alice"));
        await bob.WhenAsync("Connected to");
        await using var alice = OnTerminal(Words("chat", "--as", "alice", "--to", "bob"));
        await alice.WhenAsync("connected", "Ctrl-D leaves");

        await alice.TypeAsync("你好 Bob\r");
        await alice.WhenAsync("alice", ": 你好 Bob", "delivered");
        await bob.WhenAsync("alice", "你好 Bob");
        await bob.TypeAsync("hello Alice\n");
        await alice.WhenAsync("bob", ": hello Alice");
        await alice.TypeAsync("\u0004");

        Assert.Equal(0, await alice.WhenEndedAsync());
        var kept = alice.Text.Split("\e[?1049l")[^1];
        Assert.Contains("你好 Bob", kept, StringComparison.Ordinal);
        Assert.Contains("delivered", kept, StringComparison.Ordinal);
        Assert.Contains("hello Alice", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("Not connected", kept, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_leaves_the_terminal_as_it_was()
    {
        await using var alice = OnTerminal(Words("chat", "--as", "alice", "--to", "bob"));
        await alice.WhenAsync("connected", "Ctrl-D leaves");

        await alice.TypeAsync("half a line\u0003");

        await alice.WhenEndedAsync();
        Assert.StartsWith("\e[?25h", alice.Text.Split("\e[?1049l")[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", alice.Text, StringComparison.Ordinal);
    }

    private string[] Words(params string[] words) => [.. words, "--server", _address, "--data", _folder, "--state", Path.Combine(_folder, $"state-of-{words[2]}")];

    private static Screen OnTerminal(string[] words)
    {
        var command = string.Join(' ', words.Prepend(Program).Select(word => $"'{word}'"));
        return Screen.Of("script", ["--quiet", "--return", "--echo", "never", "--command", $"stty cols 80 rows 24; exec {command}", "/dev/null"]);
    }

    /// <summary>What a process has written until now, all of it, as a terminal would get it.</summary>
    private sealed class Screen : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly StringBuilder _text = new();
        private readonly Task _reading;
        private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private Screen(Process process)
        {
            _process = process;
            _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        }

        public string Text
        {
            get
            {
                lock (_text)
                {
                    return _text.ToString();
                }
            }
        }

        public static Screen Of(string program, string[] words)
        {
            var start = new ProcessStartInfo(program, words)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
                StandardOutputEncoding = Encoding.UTF8,
                StandardErrorEncoding = Encoding.UTF8,
            };
            start.Environment["TERM"] = "xterm-256color";
            start.Environment["LANG"] = "C.UTF-8";
            return new Screen(Process.Start(start)!);
        }

        public async Task TypeAsync(string keys)
        {
            await _process.StandardInput.WriteAsync(keys);
            await _process.StandardInput.FlushAsync();
        }

        /// <summary>Completes when these have been written, one behind the other.</summary>
        public async Task<string> WhenAsync(params string[] parts)
        {
            using var patience = new CancellationTokenSource(Patience);
            while (true)
            {
                Task more;
                string text;
                lock (_text)
                {
                    (more, text) = (_more.Task, _text.ToString());
                }

                if (Holds(text, parts))
                {
                    return text;
                }

                if (_reading.IsCompleted)
                {
                    Assert.Fail($"It ended without '{string.Join(" … ", parts)}':\n{text}");
                }

                try
                {
                    await Task.WhenAny(more, _reading).WaitAsync(patience.Token);
                }
                catch (OperationCanceledException)
                {
                    Assert.Fail($"It did not show '{string.Join(" … ", parts)}':\n{text}");
                }
            }
        }

        public async Task<int> WhenEndedAsync()
        {
            await _process.WaitForExitAsync().WaitAsync(Patience);
            await _reading.WaitAsync(Patience);
            return _process.ExitCode;
        }

        public async ValueTask DisposeAsync()
        {
            if (!_process.HasExited)
            {
                // 'script' and what runs under it.
                _process.Kill(entireProcessTree: true);
            }

            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        private static bool Holds(string text, string[] parts)
        {
            var from = 0;
            foreach (var part in parts)
            {
                var place = text.IndexOf(part, from, StringComparison.Ordinal);
                if (place < 0)
                {
                    return false;
                }

                from = place + part.Length;
            }

            return true;
        }

        private async Task ReadAsync(StreamReader reader)
        {
            var buffer = new char[4_096];
            while (await reader.ReadAsync(buffer) is > 0 and var read)
            {
                lock (_text)
                {
                    _text.Append(buffer, 0, read);
                    _more.TrySetResult();
                    _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
    }
}
