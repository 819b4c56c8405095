using Hexagram.Cli;
using Hexagram.Cli.CommandLine;

using var signals = new StopSignals();
return await HexagramCommandLine.RunAsync(args, Surroundings.OfProcess(signals.Token));
