using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Hexagram.Server.Gateway.Lines;
using Hexagram.Server.Gateway.Output;
using Hexagram.Server.Gateway.Polling;
using Hexagram.Server.Router;
using Hexagram.Storage;

namespace Hexagram.Server.Gateway;

/// <summary>Opens a session: from Hello to Welcome (PROTOCOL §4). Part of the session's reader.</summary>
internal sealed partial class SessionOpening(SessionSurroundings surroundings, SessionOutput output, Session session)
{
    /// <summary>Hello → Welcome (PROTOCOL §4).</summary>
    public async Task OpenAsync(Hello hello)
    {
        // A token that is there decides alone, whoever the connection says (PROTOCOL §4).
        var identity = hello.Token.Length == 0 && session.Identity is { } known
            ? known
            : await surroundings.Authenticator.AuthenticateAsync(hello.Token, session.Stopping).ConfigureAwait(false);
        if (identity.Code != ErrorCode.None)
        {
            session.End(identity.Code);
            return;
        }

        if (Admit(hello, identity) is not { } open)
        {
            session.End(ErrorCode.TooManySessions);
            return;
        }

        switch (await surroundings.Routes.RegisterAsync(open.User, open.Record).ConfigureAwait(false))
        {
            case RegisterOutcome.Superseded:
                open.Lease?.Close();
                session.End(ErrorCode.Superseded);
                return;
            case RegisterOutcome.TooManySessions:
                open.Lease?.Close();
                session.End(ErrorCode.TooManySessions, "The user has as many sessions as it may.");
                return;
        }

        // After registering: what is appended from here on is either read now or heard of.
        var opening = await OpenDeviceAsync(open, hello).ConfigureAwait(false);
        if (opening.Code != ErrorCode.None)
        {
            session.End(opening.Code);
            return;
        }

        using (var writing = output.Enter())
        {
            writing.Write(Welcome(open, opening));
            session.Welcomed();
            if (open.IsReceiving)
            {
                open.Stream.Open(writing, opening, hello, ReceivedBefore(hello));
            }

            session.AnswerIfAsked(writing);
        }

        open.Lease?.Opened(session);
        LogOpened(surroundings.Logger, open.User, hello.Device, session.Peer, hello.Software, hello.Connection, hello.Window);
        open.Confirmations.Tell(opening.NewlyDelivered);
        if (opening.Cursor < opening.ResumeAfter && opening.NewlyDelivered.Count > 0)
        {
            // The store tells so many at a time; the rest of what the cursor confirms goes the way of an ack:R.
            open.Confirmations.Take(new AckRequest(surroundings.Store.Epoch, opening.ResumeAfter));
        }
    }

    /// <summary>A session for msg:R alone: the router does not know of it, and nothing but their answers is said (PROTOCOL §14.2).</summary>
    public OpenSession OpenForMessages(AuthenticationResult identity)
    {
        var open = Open(identity, new SessionRecord(default, default, default, Receiving: false), lease: null);
        session.Admitted(open);
        session.Welcomed();
        return open;
    }

    /// <summary>Null when there is no room for another device that polls.</summary>
    private OpenSession? Admit(Hello hello, AuthenticationResult identity)
    {
        OpenSession open;
        if (session.Poll is { } poll)
        {
            // From here on live entries and ack:N are brought to this poll, and not to the one before it.
            if (poll.Leases.Enter(identity.User, hello, session) is not { } lease)
            {
                return null;
            }

            open = Open(identity, lease.Record, lease);
            session.Admitted(open);
            return open;
        }

        open = Open(identity, new SessionRecord(surroundings.Directory.NewAddress(), hello.Device, hello.Connection, hello.Window > 0), lease: null);
        session.Admitted(open);
        surroundings.Directory.Add(open.Record.Address, session);
        return open;
    }

    private OpenSession Open(AuthenticationResult identity, SessionRecord record, PollLease? lease)
    {
        var user = identity.User;
        var stream = new SessionStream(surroundings, output, user, session);
        return new OpenSession(
            user,
            record,
            identity.ExpiresAt,
            identity.Principal,
            new RequestLine(surroundings, output, user, session),
            stream,
            new ConfirmationLine(surroundings, output, stream, user, record.Device, session))
        {
            Lease = lease,
        };
    }

    /// <summary>What another history had received says nothing of this one.</summary>
    private Sequence ReceivedBefore(Hello hello) =>
        session.Poll is { Received: var received } && hello.Epoch == surroundings.Store.Epoch ? received : Sequence.None;

    private async ValueTask<DeviceOpening> OpenDeviceAsync(OpenSession open, Hello hello)
    {
        if (open.IsReceiving)
        {
            // A store that hangs keeps what it was asked, but not the session: that ends, and makes room, when its time is over.
            var opening = surroundings.Store.OpenDeviceAsync(new DeviceHello(open.User, hello.Device, hello.Epoch, hello.Cursor, hello.Start)).AsTask();
            try
            {
                return await opening.WaitAsync(session.Stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!opening.IsCompleted)
            {
                // What it confirms is told all the same, if the store comes back.
                _ = opening.ContinueWith(late => Late(open, late), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                throw;
            }
        }

        if (surroundings.Store.Fault is { } fault)
        {
            throw new StoreUnavailableException("The store has stopped; nothing can be accepted.", fault);
        }

        var positions = await surroundings.Store.PositionsAsync([open.User], session.Stopping).ConfigureAwait(false);
        return new DeviceOpening(ErrorCode.None, Sequence.None, Sequence.None, positions[0], []);
    }

    private static void Late(OpenSession open, Task<DeviceOpening> opening)
    {
        // A fault of the store is told by the store, and to every session that is still there.
        if (opening.Exception is null)
        {
            open.Confirmations.Tell(opening.Result.NewlyDelivered);
        }
    }

    private Welcome Welcome(OpenSession open, DeviceOpening opening)
    {
        var bounds = surroundings.Options.Bounds;
        return new Welcome(
            open.User,
            surroundings.Store.Epoch,
            opening.Position.FirstAvailable,
            opening.Position.Last,
            opening.ResumeAfter,
            surroundings.Time.GetUtcNow(),
            new SessionLimits(bounds.BodyBytesMax, bounds.RequestsInFlightMax, bounds.WindowMax, surroundings.Options.Horizon));
    }
}
