using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Hexagram.Delivery;

/// <summary>
/// Assertions that stay on in production. A broken invariant means that the code is wrong; going on could turn the
/// mistake into a lost or doubled message, so it throws.
/// </summary>
public static class Invariant
{
    /// <summary>Throws unless <paramref name="condition"/> holds.</summary>
    /// <exception cref="InvariantException">The condition does not hold.</exception>
    public static void Holds([DoesNotReturnIf(false)] bool condition, string meaning, [CallerArgumentExpression(nameof(condition))] string? text = null)
    {
        if (!condition)
        {
            throw new InvariantException($"Broken invariant: {meaning} ({text}). This is a defect in Hexagram; please report it.");
        }
    }
}

/// <summary>An invariant of the delivery rules does not hold: a defect, never bad input.</summary>
public sealed class InvariantException : Exception
{
    /// <summary>A fault without more to say.</summary>
    public InvariantException()
    {
    }

    /// <summary>A fault in words.</summary>
    public InvariantException(string message)
        : base(message)
    {
    }

    /// <summary>A fault and its cause.</summary>
    public InvariantException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
