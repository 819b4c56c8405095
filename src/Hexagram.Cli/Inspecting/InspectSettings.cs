using Hexagram.Cli.Serving;
using Hexagram.Protocol;

namespace Hexagram.Cli.Inspecting;

/// <summary>What <c>inspect</c> is asked for.</summary>
/// <param name="Place">Where the mailboxes are.</param>
/// <param name="Mailbox">One mailbox; null for a list of all.</param>
/// <param name="Message">One message; null for the mailbox or the list.</param>
/// <param name="After">The mailbox, or the number of the entry, after which the list begins; null for its beginning.</param>
/// <param name="Limit">How many rows of a list.</param>
/// <param name="OnlyUnconfirmed">Leaves out what some device has confirmed.</param>
internal sealed record InspectSettings(MailboxPlace Place, UserId? Mailbox, MessageId? Message, string? After, int Limit, bool OnlyUnconfirmed);
