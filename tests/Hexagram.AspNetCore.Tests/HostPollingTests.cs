using System.Net;
using System.Text;
using Hexagram.AspNetCore.Tests.Harness;
using Hexagram.Protocol;
using Hexagram.Protocol.Polling;
using Hexagram.Server.Authentication;
using Hexagram.Server.Options;

namespace Hexagram.AspNetCore.Tests;

/// <summary>Long polling in an application: the request is whom the application's authentication says (PROTOCOL §4, §14).</summary>
public sealed class HostPollingTests
{
    private const string Poll =
        """{"hello":{"kind":"hello","token":"","device":"phone","connection":1,"epoch":"0000000000000000","cursor":0,"window":16,"windowBytes":65536,"start":"oldest","software":"test/1"},"holdMilliseconds":0}""";

    [Fact]
    public async Task Who_has_signed_in_polls_without_a_token()
    {
        await using var host = await HostApplication.StartAsync();

        var (status, answer) = await PollAsync(host, claims: "sub=alice");

        Assert.Equal((HttpStatusCode.OK, new UserId("alice")), (status, Assert.IsType<Welcome>(answer.Packets[0]).User));
    }

    [Fact]
    public async Task Who_is_nobody_is_told_to_authenticate()
    {
        await using var host = await HostApplication.StartAsync();

        var (status, answer) = await PollAsync(host, claims: null);

        Assert.Equal((HttpStatusCode.Unauthorized, ErrorCode.TokenInvalid), (status, answer.Goodbye!.Code));
    }

    [Fact]
    public async Task A_token_decides_alone_unless_it_is_not_of_this_server()
    {
        var key = Path.GetTempFileName();
        File.Delete(key);
        await using var host = await HostApplication.StartAsync(options: new ServerOptions { Access = new AccessOptions { SigningKeyFile = key } });
        var token = new TokenIssuer(SigningKey.OpenOrCreate(key), host.Time).Issue(new UserId("bob"), TimeSpan.FromHours(1));

        var (_, byToken) = await PollAsync(host, claims: "sub=alice", token);
        var (_, byRequest) = await PollAsync(host, claims: "sub=alice", "the.applications.own");

        Assert.Equal(new UserId("bob"), Assert.IsType<Welcome>(byToken.Packets[0]).User);
        Assert.Equal(new UserId("alice"), Assert.IsType<Welcome>(byRequest.Packets[0]).User);
        File.Delete(key);
    }

    private static async Task<(HttpStatusCode Status, PollingAnswer Answer)> PollAsync(HostApplication host, string? claims, string? token = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address, "/v1/poll")) { Content = new StringContent(Poll, Encoding.UTF8, "application/json") };
        if (claims is not null)
        {
            request.Headers.Add(HeaderAuthentication.Header, claims);
        }

        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        return (response.StatusCode, (response.IsSuccessStatusCode ? PollingCodec.ReadAnswer(body) : PollingCodec.ReadProblem(body)).Value!);
    }
}
