using System.Text;
using Hexagram.Cli.Texts;
using Hexagram.Fuzz.Engine;
using Hexagram.Protocol;
using Hexagram.Server.Configuration;

namespace Hexagram.Fuzz.Targets;

/// <summary>
/// Text from a command line or from other people: the first byte says what it is to be, the rest is UTF-16 or UTF-8. Whatever reads it says
/// no without an exception; what is read is written so that it reads back as the same; and what is shown obeys nobody.
/// </summary>
internal sealed class TextTarget : SynchronousTarget
{
    public const string TargetName = "text";

    public override string Name => TargetName;

    public override IEnumerable<byte[]> Seeds()
    {
        string[] texts =
        [
            "1h30m", "500ms", "36500d", "0.000001ms", "127.0.0.1:7000", "[::1]:7000", "localhost:0", "tcp://chat.example:7000", "http://127.0.0.1:7080", "none",
            "alice", "你好\U0001F40E", "\u001b[2J\u202E\u2028\r\n\tx", "019b7ca9-8f2e-7a01-8f00-0000000000a1", "tcp://[fe80::1%25eth0]:1", "http://[::1]", "\u009b\u0085",
        ];
        foreach (var text in texts)
        {
            for (var kind = 0; kind < 8; kind++)
            {
                yield return [(byte)kind, .. Encoding.UTF8.GetBytes(text)];
            }
        }
    }

    protected override void Try(byte[] input, Observations seen)
    {
        if (input.Length == 0)
        {
            return;
        }

        var bytes = input.AsSpan(1);
        var text = (input[0] & 0x80) == 0 ? Encoding.UTF8.GetString(bytes) : Encoding.Unicode.GetString(bytes);
        if ((input[0] & 0x40) != 0)
        {
            // Lone surrogates too, which no encoding lets through.
            text = new string([.. bytes.ToArray().Select(value => (char)(0xD780 + (value * 5)))]);
        }

        var kind = input[0] % 8;
        seen.Saw((kind << 8) + (Reads(kind, text) ? 1 : 0));
    }

    private static bool Reads(int kind, string text)
    {
        switch (kind)
        {
            case 0:
                Show(text);
                return true;
            case 1:
                return Duration.TryParse(text, out var duration)
                    && Same(duration > TimeSpan.Zero && duration <= Duration.Max && Duration.TryParse(Duration.Format(duration), out var again) && (again - duration).Duration() <= TimeSpan.FromMicroseconds(1));
            case 2:
                return ServerAddress.TryParse(text, out var server) && Same(ServerAddress.TryParse(server.ToString(), out var sameServer) && sameServer == server && server.Port is > 0 and <= 65_535);
            case 3:
                return ListenAddress.TryParseTcp(text, out var tcp) && Same(ListenAddress.TryParseTcp(tcp.ToString(), out var sameTcp) && sameTcp.Equals(tcp));
            case 4:
                return ListenAddress.TryParseHttp(text, out var http) && Same(http is null || (ListenAddress.TryParseHttp($"http://{http}", out var sameHttp) && http.Equals(sameHttp)));
            case 5:
                return UserId.TryParse(text, out var user) && Same(user.Value == text && Encoding.UTF8.GetByteCount(text) <= UserId.BytesMax && Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text);
            case 6:
                return DeviceId.TryParse(text, out var device) && Same(device.Value == text && Encoding.UTF8.GetByteCount(text) <= DeviceId.BytesMax);
            default:
                return MessageId.TryParse(text, out var id) && Same(MessageId.TryParse(id.ToString(), out var sameId) && sameId == id && id.MadeAt >= DateTimeOffset.UnixEpoch);
        }
    }

    private static bool Same(bool holds)
    {
        BrokenPromiseException.Unless(holds, "What was read is written as something else.");
        return true;
    }

    private static void Show(string text)
    {
        var shown = SafeText.Show(text);
        BrokenPromiseException.Unless(shown.Length <= 8 * (text.Length + 1), "Shown, a text is out of proportion.");
        foreach (var line in shown.Split('\n').Skip(1))
        {
            BrokenPromiseException.Unless(line.StartsWith(SafeText.Indent, StringComparison.Ordinal), "A further line is not set in.");
        }

        foreach (var rune in shown.EnumerateRunes())
        {
            var obeyed = (Rune.IsControl(rune) && rune.Value is not ('\n' or '\t')) || rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0x2028 or 0x2029;
            BrokenPromiseException.Unless(!obeyed, $"U+{rune.Value:X4} reaches the terminal.");
        }
    }
}
