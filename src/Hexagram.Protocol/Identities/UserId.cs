using System.Diagnostics.CodeAnalysis;
using Hexagram.Protocol.Identities;

namespace Hexagram.Protocol;

/// <summary>
/// An identity that sends and receives. What it means is the host's business.
/// 1 to 128 bytes of UTF-8 without white space or control characters, compared byte by byte (PROTOCOL §2).
/// </summary>
public readonly record struct UserId
{
    /// <summary>The longest user id, in bytes of UTF-8.</summary>
    public const int BytesMax = 128;

    /// <summary>Takes <paramref name="value"/> as it is.</summary>
    /// <exception cref="ArgumentException">The text cannot be a user id; the message says why.</exception>
    public UserId(string value)
    {
        if (IdentityText.Fault(value, BytesMax) is { } fault)
        {
            throw new ArgumentException($"'{value}' cannot be a user id: {fault}.", nameof(value));
        }

        Checked = value;
    }

    /// <summary>The text as the host gave it.</summary>
    public string Value => Checked ?? throw new InvalidOperationException("This user id was never set.");

    /// <summary>The same rule without the exception, for text that comes from outside.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out UserId id)
    {
        if (IdentityText.Fault(text, BytesMax) is not null)
        {
            id = default;
            return false;
        }

        id = new UserId { Checked = text };
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Checked ?? "";

    /// <summary>The text, which whoever sets it has checked; null when it was never set.</summary>
    internal string? Checked { get; init; }
}
