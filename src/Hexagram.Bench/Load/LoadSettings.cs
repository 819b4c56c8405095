using System.Net;
using System.Security.Cryptography.X509Certificates;
using Hexagram.Bench.Measuring;
using Hexagram.Processes;
using Hexagram.Protocol;

namespace Hexagram.Bench.Load;

/// <summary>What a load is asked for.</summary>
internal sealed record LoadSettings
{
    /// <summary>Where the server listens.</summary>
    public required IPEndPoint Server { get; init; }

    /// <summary>Where recipients connect, if at another node of the server; null: at <see cref="Server"/>. For bare connections.</summary>
    public IPEndPoint? RecipientsAt { get; init; }

    /// <summary>Whom the clients trust to have signed the server's certificate; null: it does not speak TLS. For clients of the product.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>How it is spoken with.</summary>
    public Transport Transport { get; init; } = Transport.Tcp;

    /// <summary>Proves to it who a client is.</summary>
    public required Func<UserId, string> IssueToken { get; init; }

    /// <summary>How many streams of messages there are, each from one device to one user. As many as senders or more.</summary>
    public required int Streams { get; init; }

    /// <summary>How many devices send: stream n is of sender n modulo this.</summary>
    public required int Senders { get; init; }

    /// <summary>How many devices receive: stream n goes to recipient n modulo this.</summary>
    public required int Recipients { get; init; }

    /// <summary>The size of a body.</summary>
    public required int BodyBytes { get; init; }

    /// <summary>Where latencies go.</summary>
    public required MeasuredPart Measured { get; init; }

    /// <summary>What must not be.</summary>
    public required Findings Findings { get; init; }

    /// <summary>Without anything moving for so long, nothing will.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Ends the load with an exception.</summary>
    public required CancellationToken Stop { get; init; }

    /// <summary>Makes the users of this run other ones than those of any run before.</summary>
    public required uint Tag { get; init; }

    /// <summary>Who sends stream n.</summary>
    public UserId Sender(int number) => new($"sender{Tag:x8}-{number % Senders}");

    /// <summary>Who gets stream n.</summary>
    public UserId Recipient(int number) => new($"recipient{Tag:x8}-{number % Recipients}");
}
