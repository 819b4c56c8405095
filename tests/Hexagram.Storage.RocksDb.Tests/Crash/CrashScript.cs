using System.Globalization;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Tests.Crash;

/// <summary>
/// What the messages of the crash test look like. Everything follows from sender and number, so that the parent can tell without being
/// told what a message must hold.
/// </summary>
internal static class CrashScript
{
    internal const int Senders = 4;
    internal const int Mailboxes = 6;

    /// <summary>The first so many mailboxes are confirmed and forget; nothing of the others may ever go.</summary>
    internal const int ForgettingMailboxes = 3;

    /// <summary>Numbers that one round may use; the next one begins beyond.</summary>
    internal const int NumbersPerRound = 1_000_000;

    private static readonly DateTimeOffset Begin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal static readonly DeviceId Device = new("phone");

    internal static readonly MailboxLimits Limits = new() { UnconfirmedMax = int.MaxValue, UnconfirmedPerSenderMax = int.MaxValue };

    internal static RocksDbStoreOptions Options(string folder) => new()
    {
        Folder = folder,
        Limits = Limits,
        Forgetting = new ForgettingPolicy { Retention = TimeSpan.FromSeconds(1), Horizon = TimeSpan.FromSeconds(2) },
        // Little memory, so that files are written, merged and forgotten about while the process is killed.
        WriteBufferBytes = 1 << 20,
        MailboxesCachedMax = 3,
    };

    internal static UserId Mailbox(int n) => new($"mailbox-{n}");

    internal static UserId Sender(int n) => new($"sender-{n}");

    /// <summary>The message of a sender with a number; which mailbox it goes to follows from the number.</summary>
    internal static AppendItem Message(int sender, int number, AppendLane lane)
    {
        var id = MessageId.New(Begin + TimeSpan.FromMilliseconds(number), (ulong)sender, (ulong)number << 16);
        var text = string.Create(CultureInfo.InvariantCulture, $"{sender} {number} ") + new string('.', number * 37 % 1_500);
        return new AppendItem(Mailbox(number % Mailboxes), Sender(sender), id, text, lane);
    }
}
