namespace Hexagram.Protocol.Tests.Codec.Json;

/// <summary>Texts as they may be damaged by accident or with skill: bytes, and pieces that mean something to JSON.</summary>
internal static class JsonDamage
{
    private static readonly byte[][] Pieces =
    [
        .. new[]
        {
            "\"", "\\", "{", "}", "[", "]", ",", ":", " ", "0", "1", "-", ".", "e9", "null", "true", "\\u0041", "\\ud83d", "\\udc0e", "\\n", "\\/", "=", "A", "你", "\u0001",
            ",\"later\":[1,{}]", ",\"upTo\":1", ",\"text\":\"x\"", "\"kind\":\"ping\",", "9007199254740992", "msg:N", "stored",
        }.Select(System.Text.Encoding.UTF8.GetBytes),
        [0xFF], [0xED, 0xA0, 0x80], [0xE4], [0],
    ];

    /// <summary>The text with one to three damages.</summary>
    internal static byte[] Of(byte[] text, Random chance)
    {
        var bytes = text.ToList();
        for (var times = chance.Next(3); times >= 0; times--)
        {
            var at = chance.Next(bytes.Count + 1);
            var length = Math.Min(bytes.Count - at, chance.Next(1, 12));
            switch (chance.Next(5))
            {
                case 0:
                    bytes.InsertRange(at, Pieces[chance.Next(Pieces.Length)]);
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2 when at < bytes.Count:
                    bytes[at] = (byte)chance.Next(256);
                    break;
                case 3 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << chance.Next(8));
                    break;
                default:
                    bytes.InsertRange(chance.Next(bytes.Count + 1), bytes.GetRange(at, length));
                    break;
            }
        }

        return [.. bytes];
    }
}
