using System.Text;
using Hexagram.Fuzz.Engine;
using Hexagram.Server.Authentication;
using Hexagram.Storage;
using Hexagram.Storage.RocksDb.Folders;

namespace Hexagram.Fuzz.Targets;

/// <summary>
/// The small files that a server reads when it starts: the signing key, the format and the mark of the store's folder. Whatever stands in
/// them, the server starts with it or says in words which file is wrong.
/// </summary>
internal sealed class FileTarget : SynchronousTarget
{
    public const string TargetName = "file";

    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-fuzz-").FullName;

    public override string Name => TargetName;

    public override IEnumerable<byte[]> Seeds()
    {
        yield return [0, .. Encoding.ASCII.GetBytes(Convert.ToBase64String(new byte[32]) + "\n")];
        yield return [1, .. "hexagram mailboxes, format 1\n"u8];
        var mark = new byte[DurableMark.Bytes];
        DurableMark.Encode(mark, 42);
        yield return [2, .. mark];
    }

    protected override void Close() => Directory.Delete(_folder, recursive: true);

    protected override void Try(byte[] input, Observations seen)
    {
        if (input.Length == 0)
        {
            return;
        }

        var content = input[1..];
        var kind = input[0] % 3;
        seen.Saw((kind << 8) + (kind == 0 ? OpensKey(content) : TakesFolder(kind == 1 ? "FORMAT" : "DURABLE", content) ? 1 : 0));
    }

    private int OpensKey(byte[] content)
    {
        var path = Path.Combine(_folder, "signing.key");
        File.WriteAllBytes(path, content);
        try
        {
            BrokenPromiseException.Unless(SigningKey.Open(path).Secret.Key.Length == 32, "A signing key is not as long as it should be.");
            return 1;
        }
        catch (InvalidDataException fault)
        {
            BrokenPromiseException.Unless(fault.Message.Contains(path, StringComparison.Ordinal), "The words do not name the file.");
            return 0;
        }
    }

    private bool TakesFolder(string name, byte[] content)
    {
        var path = Path.Combine(_folder, "store");
        Directory.CreateDirectory(path);
        foreach (var file in Directory.EnumerateFiles(path))
        {
            File.Delete(file);
        }

        File.WriteAllBytes(Path.Combine(path, name), content);
        try
        {
            using var folder = StoreFolder.Take(path);
            BrokenPromiseException.Unless(name != "FORMAT" || folder.IsSetUp, "A folder with a format counts as not set up.");
            return true;
        }
        catch (StoreUnavailableException fault)
        {
            BrokenPromiseException.Unless(fault.Message.Contains(path, StringComparison.Ordinal), "The words do not name the folder.");
            return false;
        }
    }
}
