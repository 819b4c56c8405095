using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd;

/// <summary>The demonstration shows what it promises, and leaves nothing behind.</summary>
public sealed class DemoTests : IAsyncLifetime
{
    private readonly Stage _stage = new();

    private string Temporary => Path.Combine(_stage.Folder, "temporary");

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Temporary);
        _stage.With("TMPDIR", Temporary);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task It_loses_packets_kills_the_server_and_counts_every_message_once()
    {
        var demo = _stage.Run("demo", "--json");

        Assert.True(await demo.EndAsync() == 0, demo.Said);
        var printed = demo.JsonOutput;
        Assert.Equal([1, 2, 3, 4, 5, 6], printed.Where(one => one.TryGetProperty("line", out _)).Select(one => one.GetProperty("line").GetInt32()).Order());
        Assert.Equal(2, printed.Count(one => one.TryGetProperty("killed", out _)));
        var count = printed[^1];
        Assert.True(count.GetProperty("passed").GetBoolean());
        Assert.InRange(count.GetProperty("sent").GetInt32(), 100, int.MaxValue);
        Assert.Equal(count.GetProperty("sent").GetInt32(), count.GetProperty("delivered").GetInt32());
        Assert.Equal((0, 0), (count.GetProperty("lost").GetInt32(), count.GetProperty("twice").GetInt32()));
        Assert.InRange(count.GetProperty("packetsLost").GetInt32(), 6, 12);
        NothingIsLeft(printed);
        Measured.Report($"demo: {count.GetProperty("sent").GetInt32()} messages, {count.GetProperty("packetsLost").GetInt32()} packets lost, in {count.GetProperty("seconds").GetDouble():0.0} s");
    }

    [Fact]
    public async Task Stopped_in_the_middle_it_leaves_nothing_either()
    {
        var demo = _stage.Run("demo", "--json");
        await demo.WhenOutputAsync(printed => printed.Any(line => line.Contains("\"lost\"", StringComparison.Ordinal)));

        Assert.Equal(1, await demo.InterruptAsync());
        Assert.Contains(demo.Errors, line => line.Contains("stopped before its end", StringComparison.Ordinal));
        NothingIsLeft(demo.JsonOutput);
    }

    private void NothingIsLeft(IReadOnlyList<System.Text.Json.JsonElement> printed)
    {
        // The runtime's own files there are gone with their processes; a folder would be the demonstration's.
        Assert.Empty(Directory.EnumerateDirectories(Temporary, "hexagram-*"));
        foreach (var killed in printed.Where(one => one.TryGetProperty("killed", out _)).Select(one => one.GetProperty("killed").GetInt32()))
        {
            Assert.Throws<ArgumentException>(() => System.Diagnostics.Process.GetProcessById(killed));
        }
    }
}
