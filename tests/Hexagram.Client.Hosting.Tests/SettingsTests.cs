using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Hexagram.Client.Hosting.Tests;

/// <summary>What an application tells its clients, and what it hears when that cannot be meant.</summary>
public sealed class SettingsTests : HostFixture
{
    [Fact]
    public async Task Settings_come_from_the_configuration()
    {
        await StartAsync(builder =>
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Hexagram:Server"] = $"{Server.Address}",
                ["Hexagram:Token"] = "from-the-configuration",
                ["Hexagram:inMemory"] = "true",
                ["Hexagram:Device"] = "kitchen",
                ["Hexagram:User"] = "alice",
            });
            builder.Services.AddHexagramClient(builder.Configuration.GetSection("Hexagram"));
        });
        var server = await Server.WelcomeAsync();
        Assert.Equal(("from-the-configuration", "kitchen"), (server.Hello.Token, server.Hello.Device.Value));
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_said_at_the_start_and_of_which_client()
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(builder =>
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Hexagram:Server"] = "nowhere",
                ["Hexagram:Tokn"] = "misspelt",
                ["Hexagram:InMemory"] = "perhaps",
                ["Hexagram:Device"] = "",
            });
            builder.Services.AddHexagramClient("alerts", builder.Configuration.GetSection("Hexagram"));
        }));

        Assert.All(fault.Failures, failure => Assert.StartsWith("The Hexagram client 'alerts': ", failure, StringComparison.Ordinal));
        var said = string.Join('\n', fault.Failures);
        Assert.Contains("Server in Hexagram is 'nowhere'", said, StringComparison.Ordinal);
        Assert.Contains("Tokn in Hexagram is no setting", said, StringComparison.Ordinal);
        Assert.Contains("InMemory in Hexagram is 'perhaps'", said, StringComparison.Ordinal);
        Assert.Contains("Set one of Token, TokenFile and TokenProvider.", said, StringComparison.Ordinal);
        Assert.Contains("Set Folder to where", said, StringComparison.Ordinal);
        Assert.Contains("Device is ''", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_client_itself_would_not_take_is_said_at_the_start()
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(builder => builder.Services.AddHexagramClient(settings =>
        {
            Plain(settings);
            settings.Adjust = (_, options) => options with { Window = -1 };
        })));
        Assert.Equal(["The Hexagram client: Window is negative."], fault.Failures);
    }

    [Fact]
    public async Task A_token_is_read_from_its_file_whenever_the_server_wants_another()
    {
        var file = Path.Combine(FolderPath, "token");
        await File.WriteAllTextAsync(file, "first\n");
        await StartAsync(builder => builder.Services.AddHexagramClient(settings =>
        {
            Plain(settings);
            (settings.Token, settings.TokenFile) = (null, file);
            settings.Adjust = (_, options) => options with { Reconnect = new Backoff(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)) };
        }));
        var server = await Server.WelcomeAsync();
        Assert.Equal("first", server.Hello.Token);
        await File.WriteAllTextAsync(file, "second\n");
        await server.SendAsync(new Goodbye(ErrorCode.TokenInvalid, "expired", TimeSpan.Zero));
        Assert.Equal("second", (await Server.WelcomeAsync()).Hello.Token);
    }

    [Fact]
    public async Task A_token_provider_may_ask_the_applications_services()
    {
        await StartAsync(builder =>
        {
            builder.Services.AddSingleton("from-a-service");
            builder.Services.AddHexagramClient(Plain).Configure(settings =>
            {
                settings.Token = null;
                settings.TokenProvider = (services, _) => ValueTask.FromResult(services.GetRequiredService<string>());
            });
        });
        Assert.Equal("from-a-service", (await Server.WelcomeAsync()).Hello.Token);
    }

    [Fact]
    public async Task Clients_with_names_are_keyed_services()
    {
        var one = Path.Combine(FolderPath, "one");
        await StartAsync(builder =>
        {
            builder.Services.AddHexagramClient("one", settings =>
            {
                Plain(settings);
                settings.Folder = one;
            });
            builder.Services.AddHexagramClient("two", Plain);
            builder.Services.AddSingleton<UsesBoth>();
        });
        var both = Host.Services.GetRequiredService<UsesBoth>();
        Assert.NotSame(both.One, both.Two);
        Assert.NotEqual(both.One.Device, both.Two.Device);
        Assert.True(Directory.Exists(one));
        Assert.Null(Host.Services.GetService<HexagramClient>());
    }

    [Fact]
    public void A_name_is_given_once()
    {
        var services = new ServiceCollection();
        services.AddHexagramClient(Plain);
        services.AddHexagramClient("one", Plain);
        Assert.Throws<InvalidOperationException>(() => services.AddHexagramClient(Plain));
        Assert.Throws<InvalidOperationException>(() => services.AddHexagramClient("one", Plain));
    }

    private sealed class UsesBoth([FromKeyedServices("one")] HexagramClient one, [FromKeyedServices("two")] HexagramClient two)
    {
        internal HexagramClient One => one;

        internal HexagramClient Two => two;
    }
}
