//! What triwire costs, beside what people would use instead: a load tool, the contestants, and how they are measured.
