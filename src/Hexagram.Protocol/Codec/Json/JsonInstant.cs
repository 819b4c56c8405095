namespace Hexagram.Protocol.Codec.Json;

/// <summary>Times as they stand in JSON, <c>2026-01-02T03:04:05.678Z</c>: UTC, always three digits of milliseconds, one spelling for each.</summary>
internal static class JsonInstant
{
    /// <summary>The length of every time.</summary>
    internal const int Bytes = 24;

    /// <summary>Writes the time, cut to whole milliseconds.</summary>
    internal static void Write(DateTimeOffset value, Span<byte> destination)
    {
        var utc = value.UtcDateTime;
        utc.Deconstruct(out var date, out var time);
        date.Deconstruct(out var year, out var month, out var day);
        "0000-00-00T00:00:00.000Z"u8.CopyTo(destination);
        Digits(destination[..4], year);
        Digits(destination[5..7], month);
        Digits(destination[8..10], day);
        Digits(destination[11..13], time.Hour);
        Digits(destination[14..16], time.Minute);
        Digits(destination[17..19], time.Second);
        Digits(destination[20..23], time.Millisecond);
    }

    /// <summary>Reads a time that is spelled as <see cref="Write"/> spells it, from 1970 to the year 9999.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> text, out DateTimeOffset value)
    {
        value = default;
        if (text.Length != Bytes
            || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != '.' || text[23] != 'Z'
            || !TryDigits(text[..4], 1970, 9999, out var year)
            || !TryDigits(text[5..7], 1, 12, out var month)
            || !TryDigits(text[8..10], 1, DateTime.DaysInMonth(year, month), out var day)
            || !TryDigits(text[11..13], 0, 23, out var hour)
            || !TryDigits(text[14..16], 0, 59, out var minute)
            || !TryDigits(text[17..19], 0, 59, out var second)
            || !TryDigits(text[20..23], 0, 999, out var millisecond))
        {
            return false;
        }

        value = new DateTimeOffset(year, month, day, hour, minute, second, millisecond, TimeSpan.Zero);
        return true;
    }

    private static void Digits(Span<byte> destination, int value)
    {
        for (var i = destination.Length - 1; i >= 0; i--)
        {
            (value, var digit) = Math.DivRem(value, 10);
            destination[i] = (byte)('0' + digit);
        }
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, int min, int max, out int value)
    {
        value = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            value = (value * 10) + digit - '0';
        }

        return value >= min && value <= max;
    }
}
