using System.Diagnostics;
using Hexagram.Client.Data.Tests.Databases;
using Hexagram.Client.Data.Tests.Real;
using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Data.Tests;

/// <summary>The sample does what its page says, over both databases.</summary>
public sealed class SampleTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_shop_takes_orders_and_tells_its_customers(bool postgreSql)
    {
        using var database = await TestDatabase.EmptyAsync(postgreSql);
        await using var server = await RealServer.StartAsync();
        var last = await server.ReceiveAsync(text => text == "order 2 has left");
        await using var bob = await server.OpenAsync("bob");
        await bob.SendAsync("shop", "three apples").Within();
        await bob.SendAsync("shop", "a pear").Within();

        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Shop.dll"), $"{server.Address}", "shop", database.ConnectionString, "2"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var shop = Process.Start(start)!;
        try
        {
            var said = await Task.WhenAll(shop.StandardOutput.ReadToEndAsync(), shop.StandardError.ReadToEndAsync()).WaitAsync(TimeSpan.FromSeconds(60));
            await shop.WaitForExitAsync().Within();
            Assert.True(shop.ExitCode == 0, string.Concat(said));
            Assert.Contains("order 1 for bob has left: three apples", said[0], StringComparison.Ordinal);
        }
        finally
        {
            if (!shop.HasExited)
            {
                shop.Kill();
            }
        }

        await last.Within();
        Assert.Equal(
            ["order 1 has left", "order 1: three apples", "order 2 has left", "order 2: a pear"],
            server.Received.Order(StringComparer.Ordinal));
    }
}
