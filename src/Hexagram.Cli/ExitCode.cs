namespace Hexagram.Cli;

/// <summary>What the command says to the shell that ran it. The numbers are a contract with scripts; a test freezes them.</summary>
internal enum ExitCode
{
    /// <summary>All that was asked has been done; for <c>send</c>: every message was delivered.</summary>
    Success = 0,

    /// <summary>Anything that no other code names; standard error says what.</summary>
    Failure = 1,

    /// <summary>The command line or the configuration cannot be meant.</summary>
    Usage = 2,

    /// <summary><c>send</c>: some messages are only stored, because their recipient was offline.</summary>
    Stored = 3,

    /// <summary>The time was up: messages wait in the outbox or are not confirmed (<c>send</c>), or fewer came than asked for (<c>receive</c>).</summary>
    TimedOut = 4,

    /// <summary><c>send</c>: the server refused a message, finally.</summary>
    Refused = 5,

    /// <summary><c>serve</c>: the other nodes of the cluster have declared this one dead; to be started again, as a new node.</summary>
    Lost = 6,
}
