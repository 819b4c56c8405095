using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Hexagram.AspNetCore.Tests.Harness;
using Hexagram.Protocol;
using Hexagram.Protocol.WebSockets;

namespace Hexagram.AspNetCore.Tests;

/// <summary>The sample does what its page says: samples/Hexagram.Samples.Chat.</summary>
public sealed class SampleTests : IAsyncLifetime
{
    private SampleProcess _sample = null!;

    public async ValueTask InitializeAsync() => _sample = await SampleProcess.StartAsync();

    public ValueTask DisposeAsync() => _sample.DisposeAsync();

    [Fact]
    public async Task Two_who_have_signed_in_write_to_each_other_with_their_cookies_alone()
    {
        using var alice = await OpenAsync(await SignInAsync("alice"));
        using var bob = await OpenAsync(await SignInAsync("bob"));
        Assert.Equal(new UserId("alice"), (await alice.HelloAsync(PacketSocket.Hello(window: 16))).User);
        var welcome = await bob.HelloAsync(PacketSocket.Hello(window: 16));

        await alice.SendAsync(new MessageRequest(MessageId.New(welcome.ServerTime), new UserId("bob"), "你好"));

        await alice.ReceiveAsync<MessageAcknowledge>();
        var notified = await bob.ReceiveAsync<MessageNotify>();
        Assert.Equal((new UserId("alice"), "你好"), (notified.From, notified.Body.Text));
        await bob.SendAsync(new AckRequest(welcome.Epoch, notified.Sequence));
        await bob.ReceiveAsync<AckAcknowledge>();
        Assert.Equal(MessageState.Delivered, (await alice.ReceiveAsync<AckNotify>()).State);
    }

    [Fact]
    public async Task A_notice_of_the_application_comes_once_however_often_it_is_asked_for()
    {
        var cookies = await SignInAsync("alice");
        using var bob = await OpenAsync(await SignInAsync("bob"));
        var welcome = await bob.HelloAsync(PacketSocket.Hello(window: 16));
        using var http = Http(cookies);
        var notice = new { to = "bob", text = "The printer is free.", id = $"{MessageId.New(welcome.ServerTime)}" };

        Assert.Equal("Accepted", await NotifyAsync(http, notice, HttpStatusCode.Accepted));
        var notified = await bob.ReceiveAsync<MessageNotify>();
        await bob.SendAsync(new AckRequest(welcome.Epoch, notified.Sequence));
        await bob.ReceiveAsync<AckAcknowledge>();
        Assert.Equal("Duplicate", await NotifyAsync(http, notice, HttpStatusCode.Accepted));
        Assert.Equal("Accepted", await NotifyAsync(http, new { to = "bob", text = "It is not." }, HttpStatusCode.Accepted));

        Assert.Equal((new UserId("office"), notice.id), (notified.From, $"{notified.Id}"));
        Assert.Equal("It is not.", (await bob.ReceiveAsync<MessageNotify>()).Body.Text);
        Assert.Equal("Refused", await NotifyAsync(http, notice with { text = "Another." }, HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task Who_signs_out_is_out_in_that_browser_and_in_no_other()
    {
        var cookies = await SignInAsync("alice");
        using var http = Http(cookies);
        using var browser = await OpenAsync(cookies);
        using var other = await OpenAsync(await SignInAsync("alice"));
        var hello = PacketSocket.Hello(window: 16);
        await browser.HelloAsync(hello);
        var welcome = await other.HelloAsync(hello with { Device = new DeviceId("another") });
        Assert.Equal("alice", await http.GetFromJsonAsync<string>("me"));

        (await http.PostAsync($"sign-out?device={hello.Device}", null)).EnsureSuccessStatusCode();

        Assert.Equal(ErrorCode.Authenticate, (await browser.ReceiveAsync<Goodbye>()).Code);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("me")).StatusCode);
        await other.SendAsync(new MessageRequest(MessageId.New(welcome.ServerTime), new UserId("bob"), "still here"));
        await other.ReceiveAsync<MessageAcknowledge>();
    }

    [Fact]
    public async Task Nobody_gets_in_without_having_signed_in()
    {
        using var http = Http(new CookieContainer());

        Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsJsonAsync("sign-in", new { name = "alice", password = "wrong" })).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsJsonAsync("notices", new { to = "bob", text = "hello" })).StatusCode);
        await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(new CookieContainer()));
    }

    [Fact]
    public async Task A_page_of_another_origin_cannot_use_the_cookie()
    {
        var cookies = await SignInAsync("alice");
        using var ours = await OpenAsync(cookies, _sample.Address.GetLeftPart(UriPartial.Authority));

        var refusal = await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(cookies, "http://evil.example"));

        Assert.Contains("403", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_and_its_script_are_served()
    {
        using var http = Http(new CookieContainer());

        Assert.Contains("<script src=\"chat.js\">", await http.GetStringAsync(""), StringComparison.Ordinal);
        Assert.Contains("hexagram.v1.json", await http.GetStringAsync("chat.js"), StringComparison.Ordinal);
    }

    private static async Task<string?> NotifyAsync(HttpClient http, object notice, HttpStatusCode status)
    {
        var answer = await http.PostAsJsonAsync("notices", notice);
        Assert.Equal(status, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("outcome").GetString();
    }

    private async Task<CookieContainer> SignInAsync(string name)
    {
        var cookies = new CookieContainer();
        using var http = Http(cookies);
        var answer = await http.PostAsJsonAsync("sign-in", new { name, password = $"{name}'s password" });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return cookies;
    }

    private HttpClient Http(CookieContainer cookies) =>
        new(new SocketsHttpHandler { CookieContainer = cookies, AllowAutoRedirect = false }) { BaseAddress = _sample.Address, Timeout = PacketSocket.Patience };

    private Task<PacketSocket> OpenAsync(CookieContainer cookies, string? origin = null) => PacketSocket.ConnectAsync(
        _sample.Address,
        request =>
        {
            request.Cookies = cookies;
            if (origin is not null)
            {
                request.SetRequestHeader("Origin", origin);
            }
        },
        MessageForm.Json);
}
