using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Hexagram.Server.Gateway.Lines;
using Hexagram.Server.Gateway.Output;
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

        var open = Admit(hello, identity);
        switch (await surroundings.Routes.RegisterAsync(open.User, open.Record).ConfigureAwait(false))
        {
            case RegisterOutcome.Superseded:
                session.End(ErrorCode.Superseded);
                return;
            case RegisterOutcome.TooManySessions:
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
                open.Stream.Open(writing, opening.ResumeAfter, opening.Position.Last, hello.Window, hello.WindowBytes);
            }
        }

        LogOpened(surroundings.Logger, open.User, hello.Device, session.Peer, hello.Software, hello.Connection, hello.Window);
        open.Confirmations.Tell(opening.NewlyDelivered);
        if (opening.Cursor < opening.ResumeAfter && opening.NewlyDelivered.Count > 0)
        {
            // The store tells so many at a time; the rest of what the cursor confirms goes the way of an ack:R.
            open.Confirmations.Take(new AckRequest(surroundings.Store.Epoch, opening.ResumeAfter));
        }
    }

    private OpenSession Admit(Hello hello, AuthenticationResult identity)
    {
        var user = identity.User;
        var record = new SessionRecord(surroundings.Directory.NewAddress(), hello.Device, hello.Connection, hello.Window > 0);
        var stream = new SessionStream(surroundings, output, user, session);
        var open = new OpenSession(
            user,
            record,
            identity.ExpiresAt,
            identity.Principal,
            new RequestLine(surroundings, output, user, session),
            stream,
            new ConfirmationLine(surroundings, output, stream, user, hello.Device, session));
        session.Admitted(open);
        surroundings.Directory.Add(record.Address, session);
        return open;
    }

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
