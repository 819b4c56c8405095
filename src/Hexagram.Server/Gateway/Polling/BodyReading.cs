using System.Buffers;
using Hexagram.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Hexagram.Server.Gateway.Polling;

/// <summary>
/// Reads one body, as far as its own limit and its user's share allow. A length that is announced is taken from the share at once, so that a body for which there
/// is no room is not read; without one, what has arrived is. For one caller.
/// </summary>
internal sealed class BodyReading(HttpContext context, UserId user, UserRequests share, int bytesMax)
{
    /// <summary>How it ended.</summary>
    public enum Outcome
    {
        /// <summary>The body is there.</summary>
        Whole,

        /// <summary>It is longer than one body may be.</summary>
        TooLong,

        /// <summary>The user has as many bytes under way as it may.</summary>
        NoRoom,
    }

    private readonly ArrayBufferWriter<byte> _body = new();

    /// <summary>What it has taken of the share; to be given back when the request is over.</summary>
    public long Taken { get; private set; }

    /// <summary>All that was read.</summary>
    public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    /// <summary>Reads it to its end.</summary>
    public async ValueTask<Outcome> ReadAsync()
    {
        var announced = context.Request.ContentLength ?? 0;
        if (announced > bytesMax)
        {
            return Outcome.TooLong;
        }

        if (!TryTake(announced))
        {
            return Outcome.NoRoom;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            // The bound is ours, and may be higher than the host's.
            limit.MaxRequestBodySize = null;
        }

        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
            var length = _body.WrittenCount + read.Buffer.Length;
            if (length > bytesMax || !TryTake(length - Taken))
            {
                reader.AdvanceTo(read.Buffer.End);
                return length > bytesMax ? Outcome.TooLong : Outcome.NoRoom;
            }

            foreach (var piece in read.Buffer)
            {
                _body.Write(piece.Span);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return Outcome.Whole;
            }
        }
    }

    private bool TryTake(long more)
    {
        if (more <= 0)
        {
            return true;
        }

        if (!share.TryTake(user, more))
        {
            return false;
        }

        Taken += more;
        return true;
    }
}
