using System.Diagnostics.CodeAnalysis;

namespace Hexagram.Fuzz.Engine;

/// <summary>Something that must hold for every input did not hold for one.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message)
{
    /// <summary>Throws unless <paramref name="holds"/>.</summary>
    public static void Unless([DoesNotReturnIf(false)] bool holds, string message)
    {
        if (!holds)
        {
            throw new BrokenPromiseException(message);
        }
    }
}
