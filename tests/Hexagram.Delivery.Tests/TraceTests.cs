using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hexagram.Delivery.Tests.Traces;

namespace Hexagram.Delivery.Tests;

/// <summary>
/// The traces of <c>protocol/vectors</c>, which hold every implementation of the two machines to the same behaviour, are what these machines do. Run with
/// HEXAGRAM_WRITE_VECTORS=1 to write them anew, and look at what has changed.
/// </summary>
public sealed class TraceTests
{
    private static readonly JsonSerializerOptions AsItStands = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly IReadOnlyList<IReadOnlyList<Loss>> Losses =
    [
        [],
        .. Enum.GetValues<Loss>().Select(loss => new[] { loss }),
        .. Enum.GetValues<Loss>().SelectMany(first => Enum.GetValues<Loss>().Select(second => new[] { first, second })),
    ];

    [Fact]
    public void The_traces_of_the_outbox_are_what_the_outbox_does() =>
        Verify("traces-outbox.json", [.. Losses.Select(losses => new Trace(Name(losses), Lived(losses).Outbox.Steps)), .. OutboxScripts.All], StepOfOutbox);

    [Fact]
    public void The_traces_of_the_inbox_are_what_the_inbox_does() =>
        Verify("traces-inbox.json", [.. Losses.Select(losses => new Trace(Name(losses), Lived(losses).Inbox.Steps)), .. InboxScripts.All], StepOfInbox);

    [Fact]
    public void Whatever_is_lost_singly_and_in_pairs_each_message_is_handled_once_and_in_order()
    {
        foreach (var losses in Losses)
        {
            Assert.Equal([OutboxRecorder.Id(1), OutboxRecorder.Id(2)], Lived(losses).Handled);
        }
    }

    private static LossWorld Lived(IReadOnlyList<Loss> losses)
    {
        var world = new LossWorld(losses);
        world.Run();
        return world;
    }

    private static string Name(IReadOnlyList<Loss> losses) => losses.Count == 0 ? "nothing is lost" : $"lost: {string.Join(", then ", losses.Select(Words))}";

    private static string Words(Loss loss) => loss switch
    {
        Loss.MessageRequest => "msg:R",
        Loss.MessageAcknowledge => "msg:A",
        Loss.MessageNotify => "msg:N",
        Loss.AckRequest => "ack:R",
        Loss.AckAcknowledge => "ack:A",
        Loss.AckNotify => "ack:N",
        Loss.ServerBeforeMessageAcknowledge => "the server before msg:A",
        Loss.ServerBeforeMessageNotify => "the server before msg:N",
        Loss.ServerBeforeAckNotify => "the server before ack:N",
        Loss.RecipientBeforeCommit => "the recipient before its commit",
        _ => "the recipient after its commit",
    };

    private static object StepOfOutbox(TraceStep step) => new object?[] { step.At, step.Told, step.Answered, step.Next };

    private static object StepOfInbox(TraceStep step) => new object[] { step.Told, step.Answered };

    private static void Verify(string file, IReadOnlyList<Trace> traces, Func<TraceStep, object> step)
    {
        var path = Path.Combine(Folder(), file);
        var text = Write(traces, step);
        if (Environment.GetEnvironmentVariable("HEXAGRAM_WRITE_VECTORS") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"{path} is missing; HEXAGRAM_WRITE_VECTORS=1 writes it.");
        Assert.Equal(File.ReadAllText(path), text);
    }

    private static string Write(IReadOnlyList<Trace> traces, Func<TraceStep, object> step)
    {
        var text = new StringBuilder("{\n  \"about\": \"See README.md.\",\n  \"vectors\": [\n");
        text.AppendJoin(",\n", traces.Select(trace =>
            $"    {{ \"name\": {Json(trace.Name)}, \"steps\": [\n{string.Join(",\n", trace.Steps.Select(each => $"      {Json(step(each))}"))}\n    ] }}"));
        return text.Append("\n  ]\n}\n").ToString();
    }

    private static string Json(object value) => JsonSerializer.Serialize(value, AsItStands);

    private static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, "protocol", "vectors")))
            {
                return Path.Combine(folder.FullName, "protocol", "vectors");
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds protocol/vectors.");
    }
}
