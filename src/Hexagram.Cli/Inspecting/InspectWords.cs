using System.Globalization;
using Hexagram.Cli.Output;
using Hexagram.Cli.Texts;
using Hexagram.Storage.Inspecting;

namespace Hexagram.Cli.Inspecting;

/// <summary>Says what stands in a store, in words and in JSON. Names are shown so that a terminal does not obey them.</summary>
internal sealed class InspectWords(Screen screen)
{
    private const int NameColumns = 24;

    /// <summary>The store as a whole.</summary>
    public void Print(IReadOnlyList<EpochView> epochs, ulong record)
    {
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteNumber("record", record);
                json.WriteStartArray("epochs");
                foreach (var epoch in epochs)
                {
                    json.WriteStartObject();
                    json.WriteString("epoch", epoch.Epoch.ToString());
                    json.WriteInstant("begunAt", epoch.BegunAt);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            });
            return;
        }

        foreach (var epoch in epochs)
        {
            screen.Line($"epoch {epoch.Epoch}, since {Instant(epoch.BegunAt)}");
        }

        screen.Line("");
    }

    /// <summary>What the columns of the list of mailboxes are.</summary>
    public void PrintHead()
    {
        if (!screen.IsJson)
        {
            screen.Line($"{"mailbox",-NameColumns}  {"first",9}  {"last",9}  {"unconfirmed",11}  {"devices",7}");
        }
    }

    /// <summary>A mailbox, in the list or by itself.</summary>
    public void Print(MailboxView mailbox, bool withDevices)
    {
        if (screen.IsJson)
        {
            PrintJson(mailbox, withDevices);
        }
        else if (withDevices)
        {
            screen.Line($"mailbox of {SafeText.Show(mailbox.User.Value)}");
            screen.Line(string.Create(CultureInfo.InvariantCulture, $"entries {mailbox.Position.FirstAvailable} to {mailbox.Position.Last}, {mailbox.Unconfirmed} that no device has confirmed"));
            foreach (var device in mailbox.Devices)
            {
                screen.Line($"device {SafeText.Show(device.Device.Value)}: confirmed {device.Start.Value + 1} to {device.Cursor}, last seen {Instant(device.SeenAt)}");
            }

            screen.Line("");
        }
        else
        {
            screen.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{SafeText.Show(mailbox.User.Value),-NameColumns}  {mailbox.Position.FirstAvailable.Value,9}  {mailbox.Position.Last.Value,9}  {mailbox.Unconfirmed,11}  {mailbox.Devices.Count,7}"));
        }
    }

    /// <summary>An entry of a mailbox.</summary>
    public void Print(EntryView entry)
    {
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteNumber("sequence", entry.Sequence.Value);
                json.WriteString("id", entry.Id.ToString());
                json.WriteString("from", entry.From.Value);
                json.WriteInstant("acceptedAt", entry.AcceptedAt);
                json.WriteNumber("bytes", entry.ContentBytes);
                json.WriteBoolean("confirmed", entry.IsDelivered);
            });
            return;
        }

        screen.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{entry.Sequence.Value,9}  {entry.Id}  {Instant(entry.AcceptedAt)}  {entry.ContentBytes,8} B  {(entry.IsDelivered ? "confirmed  " : "unconfirmed")}  from {SafeText.Show(entry.From.Value)}"));
    }

    /// <summary>Where a message stands.</summary>
    public void Print(MessageView message)
    {
        if (screen.IsJson)
        {
            PrintJson(message);
            return;
        }

        screen.Line($"{message.Id} from {SafeText.Show(message.From.Value)} to {SafeText.Show(message.Mailbox.Value)}: entry {message.Sequence}, accepted {Instant(message.AcceptedAt)}");
        screen.Line(message switch
        {
            { IsForgotten: true } => "delivered; its entry has been forgotten since, its id not yet",
            { IsDelivered: false } => "not delivered: no device has confirmed it",
            { Devices.Count: 0 } => "delivered, to a device that is not known any more",
            _ => $"delivered; confirmed by {string.Join(", ", message.Devices.Select(device => SafeText.Show(device.Value)))}",
        });
    }

    private void PrintJson(MailboxView mailbox, bool withDevices) => screen.Json(json =>
    {
        json.WriteString("mailbox", mailbox.User.Value);
        json.WriteNumber("first", mailbox.Position.FirstAvailable.Value);
        json.WriteNumber("last", mailbox.Position.Last.Value);
        json.WriteNumber("unconfirmed", mailbox.Unconfirmed);
        if (!withDevices)
        {
            json.WriteNumber("devices", mailbox.Devices.Count);
            return;
        }

        json.WriteStartArray("devices");
        foreach (var device in mailbox.Devices)
        {
            json.WriteStartObject();
            json.WriteString("device", device.Device.Value);
            json.WriteNumber("start", device.Start.Value);
            json.WriteNumber("cursor", device.Cursor.Value);
            json.WriteInstant("seenAt", device.SeenAt);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private void PrintJson(MessageView message) => screen.Json(json =>
    {
        json.WriteString("id", message.Id.ToString());
        json.WriteString("from", message.From.Value);
        json.WriteString("mailbox", message.Mailbox.Value);
        json.WriteNumber("sequence", message.Sequence.Value);
        json.WriteInstant("acceptedAt", message.AcceptedAt);
        json.WriteBoolean("delivered", message.IsDelivered);
        json.WriteBoolean("forgotten", message.IsForgotten);
        json.WriteStartArray("confirmedBy");
        foreach (var device in message.Devices)
        {
            json.WriteStringValue(device.Value);
        }

        json.WriteEndArray();
    });

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
