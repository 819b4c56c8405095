using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Hexagram.Clustering.Redis;

/// <summary>Puts the cluster's table of members into Redis.</summary>
public static class RedisMembershipExtensions
{
    /// <summary>
    /// Makes this server a member of the cluster whose members are written down in this Redis. It is asked when a node joins, leaves or dies, and every few seconds;
    /// no message passes through it, and while it is away what runs goes on: only that no node can join, and none is declared dead.
    /// </summary>
    /// <param name="builder">What <c>AddHexagram</c> returned; <see cref="ServerOptions.Cluster"/> must have an address.</param>
    /// <param name="configuration">How to reach Redis, as StackExchange.Redis reads it: <c>localhost:6379</c>, <c>redis-1,redis-2,password=…,ssl=true</c>.</param>
    /// <exception cref="OptionsValidationException">The server is to be alone, or the text cannot be read.</exception>
    public static HexagramBuilder UseRedisMembership(this HexagramBuilder builder, string configuration)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.Options.Cluster.Address is null)
        {
            throw Unfit("Members are to be written down in Redis, but Cluster.Address is not set: the other nodes could not reach this one.");
        }

        var redis = Parse(configuration);
        builder.Services.AddOrleans(silo => silo.UseRedisClustering(clustering => clustering.ConfigurationOptions = redis));
        return builder;
    }

    /// <summary>What is wrong with such a text; null when nothing is.</summary>
    public static string? Fault(string configuration)
    {
        try
        {
            return Parse(configuration).EndPoints.Count > 0 ? null : "it names no server; it looks like localhost:6379 or redis-1,redis-2,password=…";
        }
        catch (OptionsValidationException fault)
        {
            return fault.Failures.First();
        }
    }

    private static ConfigurationOptions Parse(string configuration)
    {
        try
        {
            var options = ConfigurationOptions.Parse(configuration);

            // It comes back by itself, also when it was away at first.
            options.AbortOnConnectFail = false;
            options.ClientName = "hexagram";
            return options;
        }
        catch (ArgumentException fault)
        {
            throw Unfit($"The configuration of Redis cannot be read: {fault.Message}");
        }
    }

    private static OptionsValidationException Unfit(string fault) => new(nameof(ServerOptions), typeof(ServerOptions), [fault]);
}
