using System.Threading.Channels;
using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Tests;

/// <summary>What a handler gets, and what the server hears of it.</summary>
public sealed class ReceivingTests : ClientFixture
{
    [Fact]
    public async Task A_message_is_confirmed_when_its_handler_has_succeeded()
    {
        var client = await OpenAsync();
        var handled = Channel.CreateUnbounded<Message>();
        var finish = new TaskCompletionSource();
        client.OnMessage(async (message, _) =>
        {
            handled.Writer.TryWrite(message);
            await finish.Task;
        });
        var server = await Receiving();

        await server.SendAsync(Notify(1, "one"));
        var message = await handled.Reader.ReadAsync().Within();
        Assert.Equal(("one", "bob", 1L, false, 1), (message.Text, message.From.Value, message.Sequence.Value, message.Redelivered, message.Attempt));

        finish.SetResult();
        Assert.Equal(new AckRequest(ScriptedConnection.Epoch, new Sequence(1)), await server.ReadAsync());
    }

    /// <summary>The first connection whose Hello asks for messages.</summary>
    private async Task<ScriptedConnection> Receiving()
    {
        while (true)
        {
            var server = await Server.WelcomeAsync();
            if (server.Hello.Window > 0)
            {
                return server;
            }
        }
    }
}
