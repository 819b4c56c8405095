using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Hexagram.Protocol;

namespace Hexagram.Checking;

/// <summary>
/// A message as the applications know it, apart from every id that the product gives it. It travels as the beginning of the body, so that who
/// handles it can say which one it was.
/// </summary>
/// <param name="Sender">The device that sends it.</param>
/// <param name="To">The recipient.</param>
/// <param name="Ordinal">Its place among the sender's calls for this recipient, from 1.</param>
public sealed record TrackedMessage(Party Sender, UserId To, long Ordinal)
{
    private const char Separator = '|';

    /// <summary>The text that <see cref="TryParse"/> reads, such as <c>alice|phone|bob|7|</c>.</summary>
    /// <remarks>Users and devices of a run that is to be checked have no <c>|</c> in their names.</remarks>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Sender.User}{Separator}{Sender.Device}{Separator}{To}{Separator}{Ordinal}{Separator}");

    /// <summary>Reads a body that begins with <see cref="Text"/>; what follows is padding.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TrackedMessage? message)
    {
        var parts = text.Split(Separator, 5);
        message = parts.Length == 5
            && UserId.TryParse(parts[0], out var user)
            && DeviceId.TryParse(parts[1], out var device)
            && UserId.TryParse(parts[2], out var to)
            && long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal)
            ? new TrackedMessage(new Party(user, device), to, ordinal)
            : null;
        return message is not null;
    }

    /// <summary>Such as <c>alice/phone → bob #7</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sender} → {To} #{Ordinal}");
}
