namespace Hexagram.Server.Cluster;

/// <summary>
/// The way to another node: one call at a time, and the next carries all that has gathered meanwhile for any of its sessions. So a node that does not answer costs
/// bounded memory, and one that is busy fewer calls. Thread-safe; nobody who adds waits.
/// </summary>
internal sealed class NodeRoute(INodePost node, Action<Exception> lost)
{
    /// <summary>Bytes that may wait behind one call, each post counted as <see cref="PostBytes"/> and its bodies. What is beyond is dropped: the heartbeat makes it good.</summary>
    internal const long WaitingBytesMax = 64 << 20;

    /// <summary>What a post and each thing in it costs beside bodies.</summary>
    internal const int PostBytes = 256;

    private readonly Lock _gate = new();
    private List<SessionPost> _waiting = [];
    private long _bytes;
    private bool _posting;

    /// <summary>Posts that wait behind a call.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Sends it with the next call.</summary>
    public void Add(SessionPost post)
    {
        lock (_gate)
        {
            var bytes = BytesOf(post);
            if (_bytes + bytes > WaitingBytesMax && _waiting.Count > 0)
            {
                return;
            }

            _waiting.Add(post);
            _bytes += bytes;
            if (_posting)
            {
                return;
            }

            _posting = true;
        }

        _ = PostAsync();
    }

    private static long BytesOf(SessionPost post)
    {
        long bytes = PostBytes;
        foreach (var hint in post.Entries)
        {
            bytes += PostBytes + hint.Entry.Body.Content.Length;
        }

        foreach (var report in post.Reports)
        {
            bytes += report.Ids.Count * PostBytes;
        }

        return bytes;
    }

    private async Task PostAsync()
    {
        while (Take() is { } posts)
        {
            try
            {
                await node.PostAsync(posts).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                lost(fault);
            }

            // Whoever adds does not stay to post for others.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
    }

    /// <summary>Null when nothing waits; posting has ended then.</summary>
    private List<SessionPost>? Take()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _posting = false;
                return null;
            }

            // What crosses is its own: the serializer reads it when the call leaves.
            var taken = _waiting;
            (_waiting, _bytes) = ([], 0);
            return taken;
        }
    }
}
