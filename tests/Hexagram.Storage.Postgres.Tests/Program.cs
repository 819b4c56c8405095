using System.Globalization;
using Hexagram.Storage.Postgres.Tests;
using Xunit.MicrosoftTestingPlatform;

return args switch
{
    [NodeProcess.Verb, var connectionString, var schema, var node] => await NodeProcess.RunAsync(connectionString, schema, int.Parse(node, CultureInfo.InvariantCulture)),
    [AppendLoad.Verb, var connectionString, var inFlight, var mailboxes, var seconds] => await AppendLoad.RunAsync(
        connectionString,
        int.Parse(inFlight, CultureInfo.InvariantCulture),
        int.Parse(mailboxes, CultureInfo.InvariantCulture),
        TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture))),
    _ => await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
};
