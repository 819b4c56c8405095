using System.Globalization;
using Hexagram.Cli.Output;
using Hexagram.Cli.Texts;
using Hexagram.Client;
using Spectre.Console;

namespace Hexagram.Cli.Receiving;

/// <summary>Prints what has come. When a call has returned, the line has left this process.</summary>
internal sealed class MessagePrinter(Screen screen, TimeProvider time)
{
    /// <summary>One message.</summary>
    /// <exception cref="IOException">Standard output has gone.</exception>
    public void Print(Message message)
    {
        if (screen.IsJson)
        {
            PrintJson(message);
            return;
        }

        var body = message.Body;
        var text = body.IsText ? body.Text : $"<{body.ContentType}, {body.Content.Length} bytes>";
        screen.Markup($"[grey]{When(message.SentAt)}[/] [bold]{Markup.Escape(SafeText.Show(message.From.Value))}[/]: {Markup.Escape(SafeText.Show(text))}"
            + (message.Redelivered ? " [yellow](may have been shown before)[/]" : ""));
    }

    /// <summary>Messages that this device will never get.</summary>
    /// <exception cref="IOException">Standard output has gone.</exception>
    public void Print(MissingMessages missing)
    {
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteStartObject("missing");
                json.WriteNumber("from", missing.From.Value);
                json.WriteNumber("to", missing.To.Value);
                json.WriteEndObject();
            });
            return;
        }

        screen.Markup($"[yellow]messages {missing.From} to {missing.To} are gone: another device has had them, and the server has forgotten them[/]");
    }

    private void PrintJson(Message message) => screen.Json(json =>
    {
        json.WriteString("id", message.Id.ToString());
        json.WriteString("from", message.From.Value);
        json.WriteNumber("sequence", message.Sequence.Value);
        json.WriteInstant("sentAt", message.SentAt);
        if (message.Body.IsText)
        {
            json.WriteString("text", message.Body.Content.Span);
        }
        else
        {
            json.WriteString("contentType", message.Body.ContentType);
            json.WriteBase64String("base64", message.Body.Content.Span);
        }

        json.WriteBoolean("redelivered", message.Redelivered);
    });

    /// <summary>The time of the day for what is of today, else with the date; in this machine's time zone.</summary>
    private string When(DateTimeOffset sentAt)
    {
        var zone = time.LocalTimeZone;
        var local = TimeZoneInfo.ConvertTime(sentAt, zone);
        var today = TimeZoneInfo.ConvertTime(time.GetUtcNow(), zone).Date;
        return local.ToString(local.Date == today ? "HH:mm:ss" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }
}
