using System.Globalization;
using Hexagram.Cli.Output;
using Hexagram.Protocol;
using Hexagram.Storage;
using Hexagram.Storage.Inspecting;

namespace Hexagram.Cli.Inspecting;

/// <summary>
/// One run of <c>inspect</c>: looks at the store in a data folder or a database, of a running server or of one that is stopped, and changes nothing. Each row is printed as it
/// is read, so a store of any size needs little memory.
/// </summary>
internal static class InspectRun
{
    /// <summary>Looks, and prints.</summary>
    /// <exception cref="CommandFailure">There is nothing to look at, or it cannot be read.</exception>
    public static Task<ExitCode> RunAsync(InspectSettings settings, Screen screen, Surroundings surroundings)
    {
        try
        {
            using var view = settings.Place.OpenView();
            var words = new InspectWords(screen);
            return Task.FromResult(settings switch
            {
                { Message: { } message } => Find(view, message, settings.Mailbox, words, screen),
                { Mailbox: { } mailbox } => ShowMailbox(view, mailbox, settings, words, screen, surroundings.Stop),
                _ => ListMailboxes(view, settings, words, screen, surroundings.Stop),
            });
        }
        catch (StoreUnavailableException fault)
        {
            throw new CommandFailure(fault.Message, cause: fault);
        }
    }

    private static ExitCode Find(IStoreView view, MessageId id, UserId? mailbox, InspectWords words, Screen screen)
    {
        var found = view.Find(id, mailbox);
        foreach (var message in found)
        {
            words.Print(message);
        }

        if (found.Count > 0)
        {
            return ExitCode.Success;
        }

        screen.Error($"No message with the id {id} is known here{(mailbox is { } user ? $" in the mailbox of {Texts.SafeText.Show(user.Value)}" : "")}. It never came to this server, or it was delivered and is forgotten.");
        return ExitCode.Failure;
    }

    private static ExitCode ShowMailbox(IStoreView view, UserId user, InspectSettings settings, InspectWords words, Screen screen, CancellationToken stop)
    {
        if (view.ReadMailbox(user) is not { } mailbox)
        {
            screen.Error($"There is no mailbox of {Texts.SafeText.Show(user.Value)}: nobody has written to them, and no device of theirs has connected.");
            return ExitCode.Failure;
        }

        words.Print(mailbox, withDevices: true);
        var entries = view.ListEntries(user, ReadSequence(settings.After)).Where(entry => !settings.OnlyUnconfirmed || !entry.IsDelivered);
        var last = default(EntryView);
        if (PrintSome(entries, settings.Limit, entry => words.Print(last = entry), stop))
        {
            screen.Note(string.Create(CultureInfo.InvariantCulture, $"There are more; go on with --after {last!.Sequence}."));
        }

        return ExitCode.Success;
    }

    private static ExitCode ListMailboxes(IStoreView view, InspectSettings settings, InspectWords words, Screen screen, CancellationToken stop)
    {
        words.Print(view.Epochs, view.Record);
        var mailboxes = view.ListMailboxes(ReadUser(settings.After)).Where(mailbox => !settings.OnlyUnconfirmed || mailbox.Unconfirmed > 0);
        var last = default(MailboxView);
        words.PrintHead();
        if (PrintSome(mailboxes, settings.Limit, mailbox => words.Print(last = mailbox, withDevices: false), stop))
        {
            screen.Note($"There are more; go on with --after {Texts.SafeText.Show(last!.User.Value)}.");
        }

        return ExitCode.Success;
    }

    /// <returns>Whether there are more than were to be printed.</returns>
    private static bool PrintSome<T>(IEnumerable<T> rows, int limit, Action<T> print, CancellationToken stop)
    {
        var printed = 0;
        foreach (var row in rows)
        {
            if (printed == limit || stop.IsCancellationRequested)
            {
                return true;
            }

            print(row);
            printed++;
        }

        return false;
    }

    private static Sequence ReadSequence(string? after) => after is null
        ? Sequence.None
        : long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new Sequence(number)
            : throw CommandFailure.Usage($"--after is '{after}'; within a mailbox it is the number of an entry.");

    private static UserId? ReadUser(string? after) => after is null
        ? null
        : UserId.TryParse(after, out var user)
            ? user
            : throw CommandFailure.Usage($"--after is '{after}'; in the list of mailboxes it is a user.");
}
