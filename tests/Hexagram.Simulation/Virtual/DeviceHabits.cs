using Hexagram.Protocol;
using Hexagram.Simulation.Checking;
using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation.Virtual;

/// <summary>How a device is made.</summary>
/// <param name="Window">Entries unconfirmed at a time; 0 for one that only sends.</param>
/// <param name="WindowBytes">Bytes of bodies unconfirmed at a time.</param>
/// <param name="Start">Where its stream begins.</param>
/// <param name="ClockSkew">How far its clock is off.</param>
/// <param name="HasSlowHandler">Its handler takes seconds now and then.</param>
internal sealed record DeviceHabits(int Window, int WindowBytes, StreamStart Start, TimeSpan ClockSkew, bool HasSlowHandler);

/// <summary>What all devices of a schedule have in common.</summary>
internal sealed record DeviceSurroundings(World World, IReadOnlyList<VirtualNode> Nodes, VirtualStore Store, Ledger Ledger, Canary Canary, NetworkHabits Network);
