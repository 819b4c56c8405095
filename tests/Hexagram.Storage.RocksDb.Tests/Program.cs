using Hexagram.Storage.RocksDb.Tests;
using Hexagram.Storage.RocksDb.Tests.Crash;
using Hexagram.Storage.RocksDb.Tests.Folders;
using Xunit.MicrosoftTestingPlatform;

return args switch
{
    [CrashChild.Verb, var folder, var round] => await CrashChild.RunAsync(folder, int.Parse(round, System.Globalization.CultureInfo.InvariantCulture)),
    [HoldingChild.Verb, var folder] => await HoldingChild.RunAsync(folder),
    _ => await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
};
