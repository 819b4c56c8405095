namespace Hexagram.Model.Tests;

/// <summary>How far the model is searched. Each line is the arguments of one search; the README of the model says what came of each.</summary>
internal static class Bounds
{
    /// <summary>Whether the long version was asked for.</summary>
    public static readonly bool Long = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1";

    /// <summary>Two senders that meet in one mailbox; in it, every step of the model is taken.</summary>
    public const string TwoSenders = "-DSENDERS=2 -DMESSAGES=1 -DWINDOW=1 -DFAULTS=2";

    /// <summary>Searched for broken promises and dead ends.</summary>
    public static TheoryData<string> ForPromises => Long
        ?
        [
            TwoSenders,
            "-DSENDERS=1 -DMESSAGES=2 -DWINDOW=1 -DFAULTS=2",
            "-DSENDERS=1 -DMESSAGES=2 -DWINDOW=2 -DFAULTS=2",
            "-DSENDERS=1 -DMESSAGES=1 -DWINDOW=1 -DFAULTS=5",
            "-DSENDERS=2 -DMESSAGES=2 -DWINDOW=2 -DFAULTS=0",
        ]
        :
        [
            TwoSenders,
            "--quick -DSENDERS=1 -DMESSAGES=2 -DWINDOW=1 -DFAULTS=1",
            "--quick -DSENDERS=1 -DMESSAGES=2 -DWINDOW=2 -DFAULTS=1",
            "-DSENDERS=1 -DMESSAGES=1 -DWINDOW=1 -DFAULTS=4",
        ];

    /// <summary>Searched for runs that never come to their end. This takes three times as long.</summary>
    public static TheoryData<string> ForProgress => Long
        ? [TwoSenders, "-DSENDERS=1 -DMESSAGES=2 -DWINDOW=2 -DFAULTS=2"]
        : ["-DSENDERS=2 -DMESSAGES=1 -DWINDOW=1 -DFAULTS=1", "--quick -DSENDERS=1 -DMESSAGES=2 -DWINDOW=2 -DFAULTS=1"];
}
