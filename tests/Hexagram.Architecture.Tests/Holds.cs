namespace Hexagram.Architecture.Tests;

/// <summary>A rule holds when it finds no fault; otherwise the test fails with all of them.</summary>
internal static class Holds
{
    public static void For(IEnumerable<string> faults)
    {
        var found = faults.ToList();
        if (found.Count > 0)
        {
            Assert.Fail(string.Join('\n', found));
        }
    }
}
