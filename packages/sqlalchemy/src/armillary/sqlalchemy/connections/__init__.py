"""What happens on each connection of an engine: begin, deadlines, and what the driver's errors mean."""
