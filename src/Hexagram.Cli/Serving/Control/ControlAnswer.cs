using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hexagram.Cli.Serving.Control;

/// <summary>What a running server answers at its control socket: one JSON object on one line.</summary>
/// <param name="Folder">Where the second store is; null when there is none.</param>
/// <param name="Epoch">The history that it belongs to.</param>
/// <param name="Record">Its last record.</param>
/// <param name="Fault">Why there is none.</param>
internal sealed record ControlAnswer(string? Folder, string? Epoch, ulong Record, string? Fault)
{
    /// <summary>Asks for a second store; see <see cref="Storage.RocksDb.RocksDbMailboxStore.CheckpointAsync"/>.</summary>
    public const string CheckpointRequest = "checkpoint";

    /// <summary>No, and why.</summary>
    public static ControlAnswer Refuse(string fault) => new(null, null, 0, fault);

    /// <summary>The line.</summary>
    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, ControlJson.Default.ControlAnswer), (byte)'\n'];

    /// <summary>Reads the line; null when it is none.</summary>
    public static ControlAnswer? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ControlJson.Default.ControlAnswer);
        }
        catch (JsonException)
        {
            // Not an answer of this program.
            return null;
        }
    }
}

/// <summary>The JSON form of <see cref="ControlAnswer"/>.</summary>
[JsonSerializable(typeof(ControlAnswer))]
internal sealed partial class ControlJson : JsonSerializerContext;
