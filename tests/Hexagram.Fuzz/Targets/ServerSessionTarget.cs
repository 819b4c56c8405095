using Hexagram.Fuzz.Engine;
using Hexagram.Fuzz.Sessions;

namespace Hexagram.Fuzz.Targets;

/// <summary>
/// The session of the server, from its socket: clients that say anything in any order against a whole server in this process. See
/// <see cref="ServerStage"/> for what must hold.
/// </summary>
internal sealed class ServerSessionTarget : IFuzzTarget
{
    public const string TargetName = "server-session";

    private ServerStage? _stage;

    public string Name => TargetName;

    public int InputBytesMax => 512;

    public bool IsSynchronous => false;

    public IEnumerable<byte[]> Seeds()
    {
        // Op, with its connection in the upper half; see ServerScript.
        yield return [0x00, 1, 0, 0, 0, 0, 0x02, 1, 1, 5, 0x03, 0, 1, 0x04, 2, 1, 0x05, 0x07, 1];
        yield return [0x00, 1, 0, 0, 0, 0, 0x0E, 0x10, 1, 0, 0, 0, 0, 0x02, 0, 1, 5, 0x13, 0, 1];
        yield return [0x01, 0, 0x11, 1, 0x21, 2, 0x31, 3];
        yield return [0x00, 2, 3, 2, 1, 1, 0x0F, 9, 0x02, 0, 1, 5, 0x02, 0, 1, 5, 0x03, 1, 7];
        yield return [0x00, 0, 0, 0, 0, 0, 0x03, 0, 1];
        yield return [0x0A, 0, 20, 0x00, 1, 0, 0, 0, 0];
        yield return [0x09, 5, 255, 255, 255, 255, 127];
        yield return [0x00, 1, 0, 0, 0, 0, 0x08, 4, 0x0B, 2, 4, 1, 0x0C, 0x0D];
        for (byte op = 0; op < 16; op++)
        {
            yield return [0x00, 1, 0, 0, 0, 0, op, 1, 1, 1, 1, 1, op, 2, 2, 2, 2, 2];
            yield return [op, 3, 3, 3, 3, 3];
        }
    }

    public async Task TryAsync(byte[] input, Observations seen)
    {
        _stage ??= await ServerStage.StartAsync();
        try
        {
            await _stage.PlayAsync(input, seen);
        }
        catch
        {
            // What broke may have broken the stage; the next input gets a new one.
            var broken = _stage;
            _stage = null;
            await broken.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stage is not null)
        {
            await _stage.DisposeAsync();
        }
    }
}
