using System.Diagnostics.CodeAnalysis;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec.Json;
using Hexagram.Protocol.Polling;
using Hexagram.Server.Authentication;
using Hexagram.Server.Options;
using Hexagram.Server.Router;
using Hexagram.Server.Telemetry;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hexagram.Server.Gateway.Polling;

/// <summary>The requests of long polling (PROTOCOL §14): each becomes a session that lives as long as the request, of the same parts as any other.</summary>
internal sealed class PollingEndpoints(SessionSurroundings surroundings, PollingGate gate, PollLeases leases)
{
    /// <summary>A status request with as many ids as allowed, however it is spelled.</summary>
    private static readonly int StatusBytesMax = JsonPacketCodec.BytesMax(ProtocolLimits.PacketOverheadBytes);

    /// <summary>The longest body: one message of any allowed size, however it is spelled.</summary>
    internal static int MessagesBytesMax(SessionBounds bounds) => JsonPacketCodec.BytesMax(bounds.BodyBytesMax + ProtocolLimits.PacketOverheadBytes);

    /// <summary>Maps them, and the document that describes them to machines.</summary>
    public void Map(IEndpointRouteBuilder endpoints, string prefix)
    {
        Map(endpoints, "/poll", ProtocolLimits.HelloBytesMax, PollAsync);
        Map(endpoints, "/messages", MessagesBytesMax(surroundings.Options.Bounds), TakeMessagesAsync);
        Map(endpoints, "/status", StatusBytesMax, TellStatusAsync);
        var document = OpenApiDocument.For(prefix);
        endpoints.MapGet(OpenApiDocument.Path, context => OpenApiDocument.WriteAsync(context, document));
    }

    private void Map(IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string path, int bodyBytesMax, Func<HttpContext, AuthenticationResult, ReadOnlyMemory<byte>, Task> serveAsync)
    {
        // Every method: what is wrong is told in one form, and the question beforehand of a browser, which never says who asks, is answered here as well.
        endpoints.MapMethods(path, [HttpMethods.Options], Pass).WithMetadata(new AllowAnonymousAttribute());
        endpoints.Map(path, Pass);

        Task Pass(HttpContext context) => gate.PassAsync(context, bodyBytesMax, serveAsync);
    }

    private async Task PollAsync(HttpContext context, AuthenticationResult identity, ReadOnlyMemory<byte> body)
    {
        var read = PollingCodec.ReadPoll(body.Span);
        if (read.Value is not { } request)
        {
            await gate.RefuseAsync(context, read.Code, read.Fault!).ConfigureAwait(false);
            return;
        }

        var transport = new AnswerTransport(Peer(context), [request.Hello], isHeld: true, surroundings.Options.Bounds.OutgoingBytesMax);
        var session = new Session(surroundings, transport, identity, new Poll(leases, request.Received ?? request.Hello.Cursor, request.Leaves));
        transport.Spoke = session.Answer;
        await HoldAsync(context, session, request.Leaves ? TimeSpan.Zero : request.Hold ?? surroundings.Options.Polling.Hold).ConfigureAwait(false);
        await AnswerAsync(context, transport).ConfigureAwait(false);
        if (context.RequestAborted.IsCancellationRequested)
        {
            GiveBack(session, transport);
        }

        surroundings.Meter.Polled(
            context.RequestAborted.IsCancellationRequested ? PollOutcome.Abandoned
            : transport.Goodbye is not null ? PollOutcome.Refused
            : transport.HasNews ? PollOutcome.News
            : PollOutcome.Nothing);
    }

    /// <summary>Runs a session until it is answered, its time is over, or its client has gone.</summary>
    private async Task HoldAsync(HttpContext context, Session session, TimeSpan hold)
    {
        await using var gone = context.RequestAborted.UnsafeRegister(static session => ((Session)session!).Leave(), session).ConfigureAwait(false);
        if (hold == TimeSpan.Zero)
        {
            session.Answer();
            await session.RunAsync().ConfigureAwait(false);
            return;
        }

        await using var timer = surroundings.Time.CreateTimer(static session => ((Session)session!).Answer(), session, hold, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        await session.RunAsync().ConfigureAwait(false);
    }

    /// <summary>What was to be told to a client that has gone is told to its next poll. (Of what has left nobody knows whether it arrived: see §14.7.)</summary>
    private static void GiveBack(Session session, AnswerTransport transport)
    {
        if (transport.Reports.Count > 0)
        {
            session.Open?.Lease?.Report([.. transport.Reports.Select(report => new DeliveryReport(report.By, report.Ids) { AreStored = report.State == MessageState.Stored })]);
        }
    }

    private async Task TakeMessagesAsync(HttpContext context, AuthenticationResult identity, ReadOnlyMemory<byte> body)
    {
        var read = PollingCodec.ReadMessages(body.Span);
        await (read.Value is { } messages
            ? AnswerEachAsync(context, identity, messages.Requests, messages.Held)
            : gate.RefuseAsync(context, read.Code, read.Fault!)).ConfigureAwait(false);
    }

    private async Task TellStatusAsync(HttpContext context, AuthenticationResult identity, ReadOnlyMemory<byte> body)
    {
        var read = JsonPacketCodec.Read(body.Span, StatusBytesMax);
        await (read.Packet is StatusRequest status ? AnswerEachAsync(context, identity, [status], [])
            : read.Packet is null ? gate.RefuseAsync(context, read.Code, read.Fault!)
            : gate.RefuseAsync(context, ErrorCode.ProtocolViolation, "The body is no status:R.")).ConfigureAwait(false);
    }

    private async Task AnswerEachAsync(HttpContext context, AuthenticationResult identity, IReadOnlyList<Packet> packets, IReadOnlyList<Error> held)
    {
        var transport = new AnswerTransport(Peer(context), packets, isHeld: false, int.MaxValue);
        var session = new Session(surroundings, transport, identity);
        session.OpenForMessages(identity, held);
        await using (context.RequestAborted.UnsafeRegister(static session => ((Session)session!).Leave(), session).ConfigureAwait(false))
        {
            await session.RunAsync().ConfigureAwait(false);
        }

        await AnswerAsync(context, transport).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(HttpContext context, AnswerTransport transport)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        try
        {
            await HttpAnswers.WriteAsync(context, transport).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went while it was being told.
        }
    }

    private static string Peer(HttpContext context) => $"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort}";
}
