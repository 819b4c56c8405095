using System.Diagnostics.CodeAnalysis;
using Hexagram.Protocol.Identities;

namespace Hexagram.Protocol;

/// <summary>
/// One installation of a user: it has a cursor of its own in the user's mailbox.
/// 1 to 64 bytes of UTF-8 without white space or control characters, compared byte by byte (PROTOCOL §2).
/// </summary>
public readonly record struct DeviceId
{
    /// <summary>The longest device id, in bytes of UTF-8.</summary>
    public const int BytesMax = 64;

    private string? Checked { get; init; }

    /// <summary>Takes <paramref name="value"/> as it is.</summary>
    /// <exception cref="ArgumentException">The text cannot be a device id; the message says why.</exception>
    public DeviceId(string value)
    {
        if (IdentityText.Fault(value, BytesMax) is { } fault)
        {
            throw new ArgumentException($"'{value}' cannot be a device id: {fault}.", nameof(value));
        }

        Checked = value;
    }

    /// <summary>The text as the host gave it.</summary>
    public string Value => Checked ?? throw new InvalidOperationException("This device id was never set.");

    /// <summary>The same rule without the exception, for text that comes from outside.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out DeviceId id)
    {
        if (IdentityText.Fault(text, BytesMax) is not null)
        {
            id = default;
            return false;
        }

        id = new DeviceId { Checked = text };
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Checked ?? "";
}
